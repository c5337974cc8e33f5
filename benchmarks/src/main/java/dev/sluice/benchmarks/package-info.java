/** Measures the hot paths of the gateway with JMH, and plugins side by side. */
@NullMarked
package dev.sluice.benchmarks;

import org.jspecify.annotations.NullMarked;
