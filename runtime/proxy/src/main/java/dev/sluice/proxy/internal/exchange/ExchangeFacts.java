package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.HttpStream;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.UpstreamHost;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Identity;
import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.TraceContext;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what is known of an exchange. Belongs to its loop. */
abstract class ExchangeFacts implements ExchangeRecord {
  final LoopState state;
  final LiveSnapshot snapshot;
  final HttpStream client;
  private final long startNanos = System.nanoTime();
  private final long startWallNanos;

  @Nullable LiveRoute route;
  @Nullable Headers requestHeaders;
  @Nullable Headers requestTrailers;
  @Nullable Headers responseHeaders;
  @Nullable Headers responseTrailers;
  @Nullable GatewayError error;
  @Nullable Identity identity;
  @Nullable TraceContext trace;
  String code = "";
  @Nullable String plugin;
  long requestBytes;
  long responseBytes;
  int status;

  /** The upstream and the endpoint that were tried last. */
  private @Nullable Upstream tried;

  private @Nullable Endpoint triedAt;
  private int attempts;
  private long upstreamNanos = -1;

  /** The endpoint that a plugin wants for the first attempt, {@code ip:port}. */
  private @Nullable String wanted;

  private String method = "";
  private String path = "";
  private String authority = "";
  private @Nullable String requestId;
  private long firstByteNanos = -1;
  private long endNanos;

  ExchangeFacts(LoopState state, LiveSnapshot snapshot, HttpStream client) {
    this.state = state;
    this.snapshot = snapshot;
    this.client = client;
    startWallNanos = state.environment.clock.wallNanos();
  }

  /** Keeps what filters may change. */
  final void began(Headers headers) {
    requestHeaders = headers;
    method = headers.get(":method", "");
    path = headers.get(":path", "");
    authority = headers.get(":authority", "");
    var given = headers.get("x-request-id");
    if (given != null && given.length() <= 128) {
      requestId = given;
    }
  }

  /**
   * Takes a route, or none, in place of the one before; routes know how many exchanges use them.
   */
  final void take(@Nullable LiveRoute found) {
    if (route != null) {
      route.end(state.number());
    }
    route = found;
    if (found != null) {
      found.begin(state.number());
    }
  }

  final void firstByte() {
    if (firstByteNanos < 0) {
      firstByteNanos = System.nanoTime() - startNanos;
    }
  }

  final void ended() {
    endNanos = System.nanoTime();
  }

  /** Returns the endpoints that the route's targets may lead to; none without a route. */
  final List<UpstreamHost> upstreamHosts() {
    var matched = route;
    if (matched == null) {
      return List.of();
    }
    var hosts = new ArrayList<UpstreamHost>();
    for (var target : matched.route().targets()) {
      var upstream = snapshot.upstreams().get(target.upstream());
      if (upstream != null && target.weight() > 0) {
        hosts.addAll(upstream.hosts());
      }
    }
    return hosts;
  }

  /**
   * Has the first attempt go to an endpoint.
   *
   * @return whether one of {@link #upstreamHosts} has that address and nothing was tried yet
   */
  final boolean overrideUpstreamHost(String address) {
    boolean known =
        attempts == 0 && upstreamHosts().stream().anyMatch(host -> host.address().equals(address));
    if (known) {
      wanted = address;
    }
    return known;
  }

  /**
   * Counts one more attempt.
   *
   * @return the endpoint that it is to ask: another one than the last attempt where there is one;
   *     null when none can be had
   */
  final @Nullable Endpoint ask(@Nullable Upstream to) {
    Endpoint at = null;
    if (to != null) {
      at = attempts == 0 && wanted != null ? to.endpoint(wanted) : null;
      at = at != null ? at : to.choose(loop(), state.random(), to == tried ? triedAt : null);
    }
    tried = to;
    triedAt = at;
    attempts++;
    return at;
  }

  /** The upstream has answered. */
  final void answered(Attempt attempt) {
    upstreamNanos = System.nanoTime() - attempt.startNanos;
  }

  final boolean isHead() {
    return method.equals("HEAD");
  }

  @Override
  public final int loop() {
    return state.number();
  }

  @Override
  public final String requestId() {
    var id = requestId;
    if (id == null) {
      id = state.newRequestId();
      requestId = id;
    }
    return id;
  }

  @Override
  public final Snapshot snapshot() {
    return snapshot;
  }

  @Override
  public final ConnectionInfo connection() {
    return client.connection();
  }

  @Override
  public final String method() {
    return method;
  }

  @Override
  public final String path() {
    return path;
  }

  @Override
  public final String authority() {
    return authority;
  }

  @Override
  public final @Nullable Headers requestHeaders() {
    return requestHeaders;
  }

  @Override
  public final @Nullable Headers responseHeaders() {
    return responseHeaders;
  }

  final @Nullable Headers requestTrailers() {
    return requestTrailers;
  }

  final @Nullable Headers responseTrailers() {
    return responseTrailers;
  }

  @Override
  public final @Nullable String route() {
    return route == null ? null : route.route.name();
  }

  @Override
  public final @Nullable String upstream() {
    return tried == null ? null : tried.name();
  }

  @Override
  public final @Nullable InetSocketAddress endpoint() {
    return triedAt == null ? null : triedAt.address();
  }

  @Override
  public final int attempts() {
    return attempts;
  }

  @Override
  public final int status() {
    return status;
  }

  @Override
  public final String code() {
    return code;
  }

  @Override
  public final @Nullable GatewayError error() {
    return error;
  }

  @Override
  public final @Nullable String plugin() {
    return plugin;
  }

  @Override
  public final long requestBytes() {
    return requestBytes;
  }

  @Override
  public final long responseBytes() {
    return responseBytes;
  }

  @Override
  public final long startWallNanos() {
    return startWallNanos;
  }

  @Override
  public final long durationNanos() {
    return (endNanos == 0 ? System.nanoTime() : endNanos) - startNanos;
  }

  @Override
  public final long firstByteNanos() {
    return firstByteNanos;
  }

  @Override
  public final long upstreamNanos() {
    return upstreamNanos;
  }

  @Override
  public final @Nullable Identity identity() {
    return identity;
  }

  @Override
  public final @Nullable TraceContext trace() {
    return trace;
  }

  @Override
  public @Nullable AiFacts ai() {
    return null;
  }
}
