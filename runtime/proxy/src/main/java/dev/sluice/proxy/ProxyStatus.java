package dev.sluice.proxy;

import java.util.List;

/**
 * Tells how the proxy as a whole fares.
 *
 * @param snapshot the number of the snapshot in force
 * @param started exchanges begun
 * @param active exchanges under way
 * @param dropped callbacks and completions that came for streams that had ended
 * @param upstreams every upstream of the snapshot in force
 * @param routes every route of the snapshot in force
 * @param plugins every plugin that serves or drains
 */
public record ProxyStatus(
    long snapshot,
    long started,
    long active,
    long dropped,
    List<UpstreamStatus> upstreams,
    List<RouteStatus> routes,
    List<PluginStatus> plugins) {}
