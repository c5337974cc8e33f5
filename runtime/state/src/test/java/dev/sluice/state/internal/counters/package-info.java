@NullMarked
package dev.sluice.state.internal.counters;

import org.jspecify.annotations.NullMarked;
