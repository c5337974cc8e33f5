package dev.sluice.benchmarks;

import java.util.Map;

/**
 * Is what one bench with one set of parameters measured.
 *
 * @param bench its name, such as {@code ExchangeBench.exchange}
 * @param parameters by name, in order
 * @param nanos the average time of one operation
 * @param error half of the 99.9 % confidence interval of it, in ns; NaN when there were too few
 *     rounds
 * @param cpu the CPU time of the process for one operation in ns, compiler and collector included:
 *     what to trust where other programs share the machine
 * @param bytes what one operation allocates on the heap
 * @param p50 the median of the sampled times in ns, not smaller than what the clock can tell
 * @param p99 the 99th percentile likewise
 * @param p999 the 99.9th percentile likewise
 */
public record BenchResult(
    String bench,
    Map<String, String> parameters,
    double nanos,
    double error,
    double cpu,
    double bytes,
    double p50,
    double p99,
    double p999) {}
