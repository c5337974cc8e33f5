/** Keeps values by key, in memory and in Redis. */
@NullMarked
package dev.sluice.state.internal.store;

import org.jspecify.annotations.NullMarked;
