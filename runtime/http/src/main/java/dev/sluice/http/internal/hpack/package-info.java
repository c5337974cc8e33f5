/** Compresses and decompresses header fields (RFC 7541), straight from and to Headers. */
@NullMarked
package dev.sluice.http.internal.hpack;

import org.jspecify.annotations.NullMarked;
