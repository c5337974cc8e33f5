/**
 * Speaks HTTP/1.1 over blocking sockets: every address is judged when it is dialled, every wait and
 * every header is bounded.
 */
@NullMarked
package dev.sluice.registry.internal.net;

import org.jspecify.annotations.NullMarked;
