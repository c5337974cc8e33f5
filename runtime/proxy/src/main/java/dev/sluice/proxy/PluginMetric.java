package dev.sluice.proxy;

import dev.sluice.plugin.host.Metrics;

/**
 * Is the value of a metric that a plugin has defined.
 *
 * @param plugin its plugin
 * @param name as the plugin named it
 * @param type what it counts
 * @param value of a counter or gauge; the number of values of a histogram
 * @param sum of the values of a histogram, else 0
 * @param buckets of a histogram, not cumulative: bucket 0 counts values up to 0, bucket i those of
 *     at least 2^(i-1) and less than 2^i; else empty
 */
public record PluginMetric(
    String plugin, String name, Metrics.Type type, long value, long sum, long[] buckets) {}
