package dev.sluice.plugin.engine;

/**
 * Is what a host service keeps for one owner.
 *
 * @param scope the owner, as in {@link HostServiceProvider#open}; empty for what all share
 * @param items how many things are kept
 * @param bytes about how many bytes they take
 * @param evictions how many had to make room for others since the start
 */
public record ServiceUsage(String scope, long items, long bytes, long evictions) {}
