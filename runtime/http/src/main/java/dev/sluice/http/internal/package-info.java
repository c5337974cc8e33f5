/** Puts the transport together: event loops, listeners, TLS, connection pools. */
@NullMarked
package dev.sluice.http.internal;

import org.jspecify.annotations.NullMarked;
