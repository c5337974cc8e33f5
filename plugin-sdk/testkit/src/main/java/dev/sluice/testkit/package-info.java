/**
 * Runs plugins in tests: the real engines and the real filter chain, between a client, upstreams
 * and a clock that the test plays.
 */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;
