/** Speaks HTTP/2 (RFC 9113) on Netty's connection handler, with streams of its own. */
@NullMarked
package dev.sluice.http.internal.h2;

import org.jspecify.annotations.NullMarked;
