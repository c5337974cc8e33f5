/** Counts against limits, in memory and in Redis. */
@NullMarked
package dev.sluice.state.internal.counters;

import org.jspecify.annotations.NullMarked;
