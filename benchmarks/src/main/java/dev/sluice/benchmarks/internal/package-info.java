/** Stands in for sockets, peers and hosts around the code that the benches measure. */
@NullMarked
package dev.sluice.benchmarks.internal;

import org.jspecify.annotations.NullMarked;
