package dev.sluice.benchmarks;

/**
 * Is what it costs to load a plugin, measured in a fresh JVM, as at the start of a gateway.
 *
 * @param plugin its name
 * @param size bytes of its module
 * @param cold milliseconds to read, check and compile it without a cache
 * @param warm milliseconds to load it when the disk cache has its code
 * @param first milliseconds until the first VM is instantiated and configured
 * @param next milliseconds of a later VM: the median of ten
 * @param bytes of heap that a VM takes: the mean of ten
 */
public record LoadResult(
    String plugin, long size, double cold, double warm, double first, double next, double bytes) {}
