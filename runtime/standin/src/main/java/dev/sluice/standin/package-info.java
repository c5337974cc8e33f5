/** A provider of LLMs without a model: for the demo, for tests and for benchmarks. */
@NullMarked
package dev.sluice.standin;

import org.jspecify.annotations.NullMarked;
