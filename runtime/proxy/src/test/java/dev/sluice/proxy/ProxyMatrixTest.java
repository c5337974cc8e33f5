package dev.sluice.proxy;

import static dev.sluice.plugin.FilterStatus.CONTINUE;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_BUFFER;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_WATERMARK;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_NO_BUFFER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.StreamContext;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.testing.ProxyFixture;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sends bodies of every kind through every pair of protocols and every kind of filter, and expects
 * them back from an upstream that echoes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyMatrixTest {
  /** What the filter on the route does. */
  enum Kind {
    NONE,
    PASSES,
    BUFFERS,
    WAITS,
    REPLACES,
    TAKES_AND_INJECTS
  }

  /** What is sent. */
  enum Load {
    EMPTY(0),
    SMALL(11),
    LARGE(3 << 20),
    STREAMED(200_000);

    final int octets;

    Load(int octets) {
      this.octets = octets;
    }
  }

  private ProxyFixture fixture = new ProxyFixture();
  private TestUpstream echo = fixture.echo();

  static Stream<Arguments> matrix() {
    var all = new ArrayList<Arguments>();
    for (var down : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
      for (var up : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
        for (var kind : Kind.values()) {
          for (var load : Load.values()) {
            all.add(Arguments.of(down, up, kind, load));
          }
        }
      }
    }
    return all.stream();
  }

  @BeforeAll
  void serve() {
    var routes = new ArrayList<Route>();
    var upstreams = new ArrayList<UpstreamSpec>();
    var plugins = new ArrayList<PluginSpec>();
    for (var up : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
      upstreams.add(ProxyFixture.spec(up.name(), up, echo.port()));
      for (var kind : Kind.values()) {
        var name = up + "-" + kind;
        var route = Route.to(name, RouteMatch.prefix("/" + name), up.name());
        routes.add(
            kind == Kind.NONE
                ? route
                : route.withPlugins(List.of(new PluginBinding(kind.name(), null))));
      }
    }
    for (var kind : Kind.values()) {
      fixture.engine().with(kind.name(), (root, stream) -> new Filter(kind, stream));
      var spec = ProxyFixture.plugin(kind.name(), kind.name(), "");
      var limits = Limits.DEFAULT;
      plugins.add(
          PluginSpec.of(
              spec.vm()
                  .withLimits(
                      new Limits(
                          limits.memory(),
                          limits.callTime(),
                          limits.startTime(),
                          4 << 20,
                          limits.logLines(),
                          limits.callouts(),
                          limits.timers(),
                          limits.metrics(),
                          limits.storeBytes(),
                          limits.queueItems())),
              ""));
    }
    fixture.serve(routes, upstreams, plugins);
  }

  @AfterAll
  void close() throws Exception {
    fixture.close();
  }

  @ParameterizedTest(name = "{0} to {1}, filter {2}, body {3}")
  @MethodSource("matrix")
  void bodiesComeBackAsTheyWere(ProtocolChoice down, ProtocolChoice up, Kind kind, Load load) {
    var client = fixture.client(down);
    var fields =
        load == Load.SMALL || load == Load.LARGE
            ? new String[] {"content-length", Integer.toString(load.octets)}
            : new String[0];
    var answer =
        client.send(
            fixture.address(),
            TestClient.request(load == Load.EMPTY ? "GET" : "POST", "/" + up + "-" + kind, fields),
            load == Load.EMPTY,
            exchange -> send(exchange, load));
    ProxyFixture.done(answer);
    assertThat(ProxyFixture.headers(answer).status()).isEqualTo(200);
    assertThat(answer.received()).isEqualTo(load.octets);
    var body = answer.body();
    for (int i = 0; i < body.length; i++) {
      if (body[i] != Exchange.pattern(body.length - i)) {
        throw new AssertionError("octet " + i + " of " + body.length + " differs");
      }
    }
    if (load == Load.STREAMED && down == ProtocolChoice.HTTP_2 && up == ProtocolChoice.HTTP_2) {
      assertThat(answer.trailers()).isNotNull();
    }
    client.close();
  }

  private static void send(Exchange exchange, Load load) {
    if (load == Load.STREAMED) {
      exchange.sendPattern(load.octets, Headers.of("x-end", "1"));
    } else if (load != Load.EMPTY) {
      exchange.sendPattern(load.octets, null);
    } else {
      exchange.stream().sendData(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** Does in both directions what its kind says. */
  private record Filter(Kind kind, StreamContext stream) implements HttpFilter {
    private FilterStatus onHeaders(Direction direction, boolean end) {
      if (kind == Kind.WAITS) {
        stream.execute(() -> stream.resume(direction));
        return STOP_ITERATION_AND_WATERMARK;
      }
      return kind == Kind.BUFFERS && !end ? STOP_ITERATION : CONTINUE;
    }

    private FilterStatus onBody(Direction direction, Body body, boolean end) {
      return switch (kind) {
        case NONE, PASSES, WAITS -> CONTINUE;
        case BUFFERS -> end ? CONTINUE : STOP_ITERATION_AND_BUFFER;
        case REPLACES -> {
          body.set(body.toByteArray());
          yield CONTINUE;
        }
        case TAKES_AND_INJECTS -> {
          stream.inject(direction, body.toByteArray(), end);
          yield STOP_ITERATION_NO_BUFFER;
        }
      };
    }

    @Override
    public FilterStatus onRequestHeaders(Headers headers, boolean end) {
      return onHeaders(Direction.REQUEST, end);
    }

    @Override
    public FilterStatus onRequestBody(Body body, boolean end) {
      return onBody(Direction.REQUEST, body, end);
    }

    @Override
    public FilterStatus onResponseHeaders(Headers headers, boolean end) {
      return onHeaders(Direction.RESPONSE, end);
    }

    @Override
    public FilterStatus onResponseBody(Body body, boolean end) {
      return onBody(Direction.RESPONSE, body, end);
    }
  }
}
