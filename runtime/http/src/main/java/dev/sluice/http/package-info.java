/**
 * Moves HTTP messages: listeners, HTTP/1.1 and HTTP/2 codecs on both legs, connection pools,
 * backpressure. Knows nothing of routes or plugins.
 */
@NullMarked
package dev.sluice.http;

import org.jspecify.annotations.NullMarked;
