package dev.sluice.proxy;

import dev.sluice.http.ConnectionInfo;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Tells how a connection of a TCP listener fared.
 *
 * @param loop the number of its loop
 * @param client the client's connection, which names the listener
 * @param upstream the upstream's name
 * @param endpoint the endpoint chosen, or null
 * @param code a stable word for an end that is not orderly, or an empty string
 * @param detail what went wrong, for logs
 * @param plugin the plugin that closed it or failed, or null
 * @param receivedBytes from the client
 * @param sentBytes to the client
 * @param startWallNanos when it began, in nanoseconds since 1970
 * @param durationNanos from its begin to its end
 * @param connectNanos from its begin to the upstream's connection, or -1 when there was none
 */
public record ConnectionRecord(
    int loop,
    ConnectionInfo client,
    String upstream,
    @Nullable InetSocketAddress endpoint,
    String code,
    String detail,
    @Nullable String plugin,
    long receivedBytes,
    long sentBytes,
    long startWallNanos,
    long durationNanos,
    long connectNanos) {}
