package dev.sluice.proxy;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.plugin.Headers;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Tells what is known of one exchange. Belongs to its loop: an {@link ExchangeObserver} reads it
 * inside its call and copies what it keeps.
 */
public interface ExchangeRecord {
  /** Returns a number that is unique in the process. */
  long id();

  /** Returns the number of its loop. */
  int loop();

  /** Returns {@code x-request-id}. */
  String requestId();

  /** Returns the snapshot it runs on. */
  Snapshot snapshot();

  /** Returns the client's connection. */
  ConnectionInfo connection();

  /** Returns the method as it came, or an empty string. */
  String method();

  /** Returns the path and query as they came, or an empty string. */
  String path();

  /** Returns the authority as it came, or an empty string. */
  String authority();

  /** Returns the request headers as the filters left them, or null when none came. */
  @Nullable Headers requestHeaders();

  /** Returns the response headers as the filters left them, or null when none came. */
  @Nullable Headers responseHeaders();

  /** Returns the route's name, or null. */
  @Nullable String route();

  /** Returns the name of the upstream last tried, or null. */
  @Nullable String upstream();

  /** Returns the endpoint last tried, or null. */
  @Nullable InetSocketAddress endpoint();

  /** Returns the number of attempts begun. */
  int attempts();

  /** Returns the status sent to the client, or 0 when none was. */
  int status();

  /** Returns a stable word for an answer that is not the upstream's, or an empty string. */
  String code();

  /** Returns what went wrong, or null. */
  @Nullable GatewayError error();

  /** Returns the plugin that answered or failed, or null. */
  @Nullable String plugin();

  /** Returns the octets of the request body received. */
  long requestBytes();

  /** Returns the octets of the response body sent. */
  long responseBytes();

  /** Returns when it began, in nanoseconds since 1970. */
  long startWallNanos();

  /** Returns nanoseconds from its begin to its end, or to now. */
  long durationNanos();

  /** Returns nanoseconds from its begin to the response headers, or -1 when there were none. */
  long firstByteNanos();

  /** Returns nanoseconds spent in the attempts up to the response headers, or -1. */
  long upstreamNanos();

  /** Returns who sent the request, or null when nobody was identified. */
  @Nullable Identity identity();

  /** Returns where it stands in a trace, or null when there are none. */
  @Nullable TraceContext trace();

  /** Returns what is known of the LLM call, or null off AI routes. */
  @Nullable AiFacts ai();
}
