/** Connections to Redis servers, shared by all services that keep something there. */
@NullMarked
package dev.sluice.state.internal.redis;

import org.jspecify.annotations.NullMarked;
