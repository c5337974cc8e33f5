package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Clock;
import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.internal.upstream.Upstreams;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs one exchange through a chain of probes, between two streams in memory. */
final class ChainHarness implements AutoCloseable {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final LoopCells cells = new LoopCells(1, 3);
  private final Upstreams upstreams;
  private final Exchange exchange;
  final List<ExchangeRecord> observed = new ArrayList<>();
  final List<Probe> probes;
  final MemoryStream client;
  final MemoryStream upstream;
  @Nullable HttpStreamHandler upstreamHandler;
  int opened;

  ChainHarness(Probe... chain) {
    this(Route.to("r", RouteMatch.ANY, "u"), chain);
  }

  ChainHarness(Route route, Probe... chain) {
    probes = List.of(chain);
    EventLoop loop = channel.eventLoop();
    client = new MemoryStream(loop);
    upstream = new MemoryStream(loop);
    upstreams = new Upstreams(new MemoryTransport(loop));
    var u =
        upstreams.acquire(
            UpstreamSpec.of("u", ProtocolChoice.HTTP_2, new UpstreamSpec.Endpoint("127.0.0.1", 9)));
    var environment = new ExchangeEnvironment(observed::add, new FixedClock(), null);
    var links =
        Arrays.stream(chain).map(p -> new ChainLink(p.name, p.strategy, List.of(p))).toList();
    var live =
        new LiveRoute(route, new OneTarget(), LocalAnswers.DEFAULT, links, LiveRoute.newCells(1));
    var snapshot =
        new LiveSnapshot(
            1, SnapshotSpec.EMPTY, List.of(live), Map.of("u", u), List.of(loop), new NoHoldings());
    exchange = new Exchange(new LoopState(0, loop, environment, cells), snapshot, client);
  }

  Exchange exchange() {
    return exchange;
  }

  long dropped() {
    return cells.sum(LoopState.DROPPED);
  }

  /** Runs what was put off to a later turn of the loop. */
  void turn() {
    channel.runPendingTasks();
  }

  /** Sends request headers. */
  void request(boolean end, String... fields) {
    var headers =
        Headers.of(
            ":method", end ? "GET" : "POST", ":scheme", "http", ":authority", "a", ":path", "/p");
    for (int i = 0; i < fields.length; i += 2) {
      headers.set(fields[i], fields[i + 1]);
    }
    exchange.onHeaders(headers, end);
  }

  /** Sends response headers. */
  void response(boolean end, String... fields) {
    var headers = Headers.of(":status", "200");
    for (int i = 0; i < fields.length; i += 2) {
      headers.set(fields[i], fields[i + 1]);
    }
    handler().onHeaders(headers, end);
  }

  HttpStreamHandler handler() {
    if (upstreamHandler == null) {
      throw new AssertionError("nothing was sent to the upstream");
    }
    return upstreamHandler;
  }

  /** Begins a message in a direction; for a response, with the request before it. */
  void headers(Direction direction, boolean end, String... fields) {
    if (direction == Direction.REQUEST) {
      request(end, fields);
    } else {
      request(true);
      response(end, fields);
    }
  }

  void data(Direction direction, String text, boolean end) {
    var bytes = ByteBufAllocator.DEFAULT.buffer();
    bytes.writeCharSequence(text, StandardCharsets.ISO_8859_1);
    if (direction == Direction.REQUEST) {
      exchange.onData(bytes, end);
    } else {
      handler().onData(bytes, end);
    }
  }

  void trailers(Direction direction) {
    var trailers = Headers.of("x-trailer", "t");
    if (direction == Direction.REQUEST) {
      exchange.onTrailers(trailers);
    } else {
      handler().onTrailers(trailers);
    }
  }

  /** Returns the stream on which a message in a direction leaves. */
  MemoryStream out(Direction direction) {
    return direction == Direction.REQUEST ? upstream : client;
  }

  /** Returns the stream whose peer sends a message in a direction. */
  MemoryStream source(Direction direction) {
    return direction == Direction.REQUEST ? client : upstream;
  }

  /** Reports what was sent as written. */
  void written(Direction direction) {
    var stream = out(direction);
    int bytes = stream.unreported;
    stream.unreported = 0;
    if (bytes > 0 && direction == Direction.REQUEST) {
      handler().onSent(bytes);
    } else if (bytes > 0) {
      exchange.onSent(bytes);
    }
  }

  /** Ends the exchange as a codec does. */
  void finish() {
    exchange.onClosed();
    if (upstreamHandler != null) {
      upstreamHandler.onClosed();
    }
    turn();
  }

  @Override
  public void close() {
    finish();
    for (var probe : probes) {
      if (probe.exchanges != 0) {
        throw new AssertionError(probe.name + " was not given back: " + probe.exchanges);
      }
    }
    if (cells.sum(LoopState.ACTIVE) != 0) {
      throw new AssertionError("the exchange is still counted");
    }
    upstreams.close();
    channel.finishAndReleaseAll();
  }

  private static final class FixedClock implements Clock {
    @Override
    public long wallNanos() {
      return 1_700_000_000_000_000_000L;
    }

    @Override
    public long monotonicNanos() {
      return 0;
    }
  }

  private static final class NoHoldings implements LiveSnapshot.Holdings {
    @Override
    public void retired() {}

    @Override
    public void ended() {}
  }

  private static final class OneTarget implements AttemptPolicy {
    @Override
    public Attempt first(ExchangeRecord record, int random) {
      return new Attempt("u", Duration.ZERO, Duration.ZERO);
    }

    @Override
    public @Nullable Attempt next(ExchangeRecord record, Failure failure, int status, int random) {
      return null;
    }

    @Override
    public boolean retriesStatus(int status) {
      return false;
    }

    @Override
    public boolean retries() {
      return false;
    }
  }

  private final class MemoryTransport implements Transport {
    private final EventLoop loop;

    MemoryTransport(EventLoop loop) {
      this.loop = loop;
    }

    @Override
    public List<EventLoop> loops() {
      return Stream.of(loop).toList();
    }

    @Override
    public int currentLoop() {
      return 0;
    }

    @Override
    public String kind() {
      return "memory";
    }

    @Override
    public HttpServer bind(ListenerConfig config, ServerHandler handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public HttpClient client(PoolConfig config, int number) {
      return new HttpClient() {
        @Override
        public Pending open(
            InetSocketAddress endpoint, HttpStreamHandler response, OpenCallback callback) {
          opened++;
          upstreamHandler = response;
          callback.opened(upstream);
          return () -> {};
        }

        @Override
        public int connections(InetSocketAddress endpoint) {
          return 0;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }

  /** Resets the exchange from the client's side. */
  void clientLeaves() {
    exchange.onReset(StreamError.CANCEL, "test");
    exchange.onClosed();
  }
}
