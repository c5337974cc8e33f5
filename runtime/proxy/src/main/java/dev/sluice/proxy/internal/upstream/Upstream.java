package dev.sluice.proxy.internal.upstream;

import dev.sluice.http.HttpClient;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.TcpClient;
import dev.sluice.http.Transport;
import dev.sluice.plugin.UpstreamHost;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.UpstreamStatus;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Is an upstream as it runs: its endpoints, one client per loop, and its bounds. Carried over
 * between snapshots with equal specs.
 */
public final class Upstream {
  /** HTTP/2 streams on one connection; the peer may allow fewer. */
  private static final int MAX_STREAMS = 1000;

  private static final int ACTIVE = 0;
  private static final int PENDING = 1;
  private static final int REJECTED = 2;
  private static final int RETRIES = 3;
  private static final int TURNS = 4;

  private final UpstreamSpec spec;

  /** Each belongs to its loop. */
  private final List<HttpClient> clients;

  private final Transport transport;
  private volatile List<TcpClient> tcpClients = List.of();

  private final LoopCells cells;
  private volatile EndpointSet endpoints = EndpointSet.EMPTY;
  private volatile boolean closed;

  /**
   * Creates an upstream without endpoints; blocks.
   *
   * @throws IllegalArgumentException when a file of its TLS cannot be used, naming it
   */
  Upstream(UpstreamSpec spec, Transport transport) {
    this.spec = spec;
    this.transport = transport;
    int loops = transport.loops().size();
    cells = new LoopCells(loops, 5);
    var pool = pool(spec);
    clients = IntStream.range(0, loops).mapToObj(loop -> transport.client(pool, loop)).toList();
  }

  private static PoolConfig pool(UpstreamSpec spec) {
    return new PoolConfig(
        spec.name(),
        spec.protocol(),
        spec.tls(),
        spec.limits().connectTimeout(),
        spec.limits().idleTimeout(),
        MAX_STREAMS);
  }

  /** Returns the upstream's name. */
  public String name() {
    return spec.name();
  }

  UpstreamSpec spec() {
    return spec;
  }

  EndpointSet endpoints() {
    return endpoints;
  }

  void setEndpoints(EndpointSet set) {
    endpoints = set;
  }

  /** Returns the client of a loop. */
  public HttpClient client(int loop) {
    return clients.get(loop);
  }

  /**
   * Makes ready to be connected to by TCP; blocks. Idempotent.
   *
   * @throws IllegalArgumentException when a file of its TLS cannot be used, naming it
   */
  public synchronized void useTcp() {
    if (tcpClients.isEmpty()) {
      var pool = pool(spec);
      tcpClients =
          IntStream.range(0, clients.size())
              .mapToObj(loop -> transport.tcpClient(pool, loop))
              .toList();
    }
  }

  /** Returns whether it can be connected to by TCP. */
  public boolean usesTcp() {
    return !tcpClients.isEmpty();
  }

  /** Returns what makes TCP connections on a loop; after {@link #useTcp}. */
  public TcpClient tcpClient(int loop) {
    return tcpClients.get(loop);
  }

  /** Returns its endpoints as they stand now. */
  public List<UpstreamHost> hosts() {
    return endpoints.endpoints.stream().map(Endpoint::host).toList();
  }

  /** Returns the endpoint at {@code ip:port}, or null. */
  public @Nullable Endpoint endpoint(String address) {
    for (var endpoint : endpoints.endpoints) {
      if (endpoint.text().equals(address)) {
        return endpoint;
      }
    }
    return null;
  }

  /** Chooses an endpoint, or returns null when there is none. */
  public @Nullable Endpoint choose(int loop, int random, @Nullable Endpoint avoid) {
    int turn = 0;
    if (spec.loadBalancing() == UpstreamSpec.LoadBalancing.ROUND_ROBIN) {
      turn = (int) cells.get(loop, TURNS);
      cells.add(loop, TURNS, 1);
    }
    return endpoints.choose(spec.loadBalancing(), turn, random, avoid);
  }

  /**
   * Begins an attempt, which waits for its connection, unless a bound is reached.
   *
   * @param retry whether it is not the first of its exchange
   */
  public boolean begin(int loop, Endpoint endpoint, boolean retry) {
    var limits = spec.limits();
    if (isFull(limits.maxRequests(), ACTIVE)
        || isFull(limits.maxPending(), PENDING)
        || (retry && isFull(limits.maxRetries(), RETRIES))) {
      cells.add(loop, REJECTED, 1);
      return false;
    }
    cells.add(loop, ACTIVE, 1);
    cells.add(loop, PENDING, 1);
    if (retry) {
      cells.add(loop, RETRIES, 1);
    }
    endpoint.begin(loop);
    return true;
  }

  private boolean isFull(int bound, int kind) {
    return bound > 0 && cells.sum(kind) >= bound;
  }

  /** An attempt has its connection, or will not get one. */
  public void connected(int loop) {
    cells.add(loop, PENDING, -1);
  }

  /** An attempt has ended, after {@link #connected}. */
  public void end(int loop, Endpoint endpoint, boolean retry) {
    cells.add(loop, ACTIVE, -1);
    if (retry) {
      cells.add(loop, RETRIES, -1);
    }
    endpoint.end(loop);
  }

  /** Returns how it fares. */
  public UpstreamStatus status() {
    return new UpstreamStatus(
        spec.name(),
        cells.sum(ACTIVE),
        cells.sum(PENDING),
        cells.sum(REJECTED),
        endpoints.endpoints.stream().map(Endpoint::status).toList());
  }

  boolean isClosed() {
    return closed;
  }

  /** Lets the streams finish and closes the connections. */
  void close() {
    closed = true;
    clients.forEach(HttpClient::close);
  }
}
