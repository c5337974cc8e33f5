/** Connections whose bytes are handed on as they come. */
@NullMarked
package dev.sluice.http.internal.tcp;

import org.jspecify.annotations.NullMarked;
