package dev.sluice.plugin;

/**
 * Is an endpoint that an exchange may go to, as it stands now.
 *
 * @param address {@code ip:port}
 * @param active exchanges under way with it, over all loops
 * @param requests exchanges that went to it so far
 * @param failures those of them that got no connection, were reset or timed out
 */
public record UpstreamHost(String address, long active, long requests, long failures) {}
