/** Speaks HTTP/1.0 and HTTP/1.1, straight from and to octets (RFC 9112). */
@NullMarked
package dev.sluice.http.internal.h1;

import org.jspecify.annotations.NullMarked;
