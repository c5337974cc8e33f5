package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.testing.ProxyFixture;
import dev.sluice.proxy.testing.TestEngine;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shows what a new snapshot changes, and what it leaves alone. */
class SnapshotSwapTest {
  private final ProxyFixture fixture = new ProxyFixture();
  private final List<Exchange> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  /** Marks both directions with the version and the configuration of the plugin. */
  private static TestEngine.Behaviour marks(String version) {
    return (root, stream) ->
        new HttpFilter() {
          @Override
          public FilterStatus onRequestHeaders(Headers headers, boolean end) {
            headers.add("x-request-mark", version + root.configuration());
            return FilterStatus.CONTINUE;
          }

          @Override
          public FilterStatus onResponseHeaders(Headers headers, boolean end) {
            headers.add("x-response-mark", version + root.configuration());
            return FilterStatus.CONTINUE;
          }
        };
  }

  private Route route(PluginBinding... plugins) {
    return Route.to("r", RouteMatch.ANY, "u").withPlugins(List.of(plugins));
  }

  private static PluginBinding attach(String plugin) {
    return new PluginBinding(plugin, null);
  }

  private void serve(int port, Route route, PluginSpec... plugins) {
    fixture.serve(
        List.of(route),
        List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
        List.of(plugins));
  }

  /** Starts an upstream that answers at once, or begins a stream that stays open. */
  private int streaming() {
    return fixture
        .upstream(
            exchange -> {
              if (exchange.headers().join().get(":path", "").equals("/stream")) {
                exchange.stream().sendHeaders(Headers.of(":status", "200"), false);
                exchange.stream()
                    .sendData(Unpooled.copiedBuffer("a", StandardCharsets.UTF_8), false);
                synchronized (open) {
                  open.add(exchange);
                }
              } else {
                exchange.respond(
                    200, "ok", "x-saw", exchange.headers().join().get("x-request-mark", "none"));
              }
            })
        .port();
  }

  private void endStreams() {
    synchronized (open) {
      for (var exchange : open) {
        exchange.stream()
            .loop()
            .execute(
                () ->
                    exchange.stream()
                        .sendData(Unpooled.copiedBuffer("z", StandardCharsets.UTF_8), true));
      }
      open.clear();
    }
  }

  @Test
  void unchangedPluginsCarryOverUntouched() {
    int port = streaming();
    fixture.engine().with("one", marks("1"));
    var spec = ProxyFixture.plugin("p", "one", "x");
    serve(port, route(attach("p")), spec);
    var vms = fixture.engine().openVms();
    assertThat(vms).hasSize(2);
    var root = vms.getFirst().roots().getFirst();
    root.vm()
        .context()
        .executor()
        .execute(() -> root.context().setTickPeriod(Duration.ofMillis(5)));
    await().until(() -> root.ticks() > 2);
    serve(
        port,
        route(attach("p"))
            .withTries(Duration.ofSeconds(9), dev.sluice.proxy.route.RetryPolicy.NONE),
        spec);
    int ticks = root.ticks();
    await().until(() -> root.ticks() > ticks + 2);
    assertThat(fixture.engine().openVms()).isEqualTo(vms);
    assertThat(root.isAsked()).isFalse();
    assertThat(fixture.engine().loads()).isEqualTo(1);
  }

  @Test
  void streamsFinishOnThePluginTheyBeganWith() {
    int port = streaming();
    fixture.engine().with("one", marks("1")).with("two", marks("2"));
    serve(port, route(attach("p")), ProxyFixture.plugin("p", "one", ""));
    var client = fixture.client(ProtocolChoice.HTTP_2);
    var stream = client.send(fixture.address(), TestClient.request("GET", "/stream"));
    assertThat(ProxyFixture.headers(stream).get("x-response-mark")).isEqualTo("1");
    serve(port, route(attach("p")), ProxyFixture.plugin("p", "two", ""));
    var next = fixture.get(client, "/");
    assertThat(next.headers().join().get("x-response-mark")).isEqualTo("2");
    assertThat(next.headers().join().get("x-saw")).isEqualTo("2");
    var status = fixture.proxy().status().plugins().getFirst();
    assertThat(status.state()).isEqualTo(PluginStatus.State.ACTIVE);
    assertThat(status.digest()).isEqualTo("two");
    assertThat(status.routes()).containsExactly("r");
    assertThat(status.generations())
        .extracting(PluginStatus.Generation::digest)
        .containsExactly("two", "one");
    endStreams();
    assertThat(ProxyFixture.done(stream).text()).isEqualTo("az");
    await().until(() -> fixture.engine().openVms().size() == 2);
    await().until(() -> fixture.engine().openModules() == 1);
    assertThat(fixture.proxy().status().plugins().getFirst().generations()).hasSize(1);
    var old = fixture.engine().vms().getFirst().roots().getFirst();
    assertThat(old.isAsked()).isTrue();
    assertThat(old.isClosed()).isTrue();
  }

  @Test
  void aNinthOldGenerationResetsTheExchangesOfTheOldest() {
    int port = streaming();
    var client = fixture.client(ProtocolChoice.HTTP_2);
    var streams = new ArrayList<Exchange>();
    for (int i = 0; i < 10; i++) {
      var digest = "d" + i;
      fixture.engine().with(digest, marks(digest));
      serve(port, route(attach("p")), ProxyFixture.plugin("p", digest, ""));
      var stream = client.send(fixture.address(), TestClient.request("GET", "/stream"));
      ProxyFixture.headers(stream);
      streams.add(stream);
    }
    assertThat(streams.get(0).reset().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join())
        .isNotNull();
    endStreams();
    for (var stream : streams.subList(1, streams.size())) {
      assertThat(ProxyFixture.done(stream).text()).isEqualTo("az");
    }
    await().until(() -> fixture.engine().openVms().size() == 2);
  }

  @Test
  void anOverrideIsAFurtherRootContextInTheSameVm() {
    int port = streaming();
    fixture.engine().with("one", marks("1"));
    var other =
        Route.to("other", RouteMatch.prefix("/other"), "u")
            .withPlugins(List.of(new PluginBinding("p", "-special")));
    fixture.serve(
        List.of(route(attach("p")), other),
        List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
        List.of(ProxyFixture.plugin("p", "one", "-general")));
    assertThat(fixture.engine().openVms()).hasSize(2).allMatch(vm -> vm.roots().size() == 2);
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    assertThat(fixture.get(client, "/").headers().join().get("x-saw")).isEqualTo("1-general");
    assertThat(fixture.get(client, "/other").headers().join().get("x-saw")).isEqualTo("1-special");
  }

  @Test
  void aNewConfigurationTouchesOnlyItsOwnRoot() {
    int port = streaming();
    fixture.engine().with("one", marks("1"));
    var special = new PluginBinding("p", "-special");
    serve(port, route(special), ProxyFixture.plugin("p", "one", "-general"));
    var before = fixture.engine().openVms();
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    fixture.serve(
        List.of(
            route(special),
            Route.to("n", RouteMatch.prefix("/n"), "u")
                .withPlugins(List.of(new PluginBinding("p", "-new")))),
        List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
        List.of(ProxyFixture.plugin("p", "one", "-general")));
    assertThat(fixture.engine().openVms()).containsAll(before);
    assertThat(before).allMatch(vm -> vm.roots().stream().noneMatch(TestEngine.Root::isAsked));
    assertThat(fixture.get(client, "/").headers().join().get("x-saw")).isEqualTo("1-special");
    assertThat(fixture.get(client, "/n").headers().join().get("x-saw")).isEqualTo("1-new");
  }

  @Test
  void aSnapshotThatFailsLeavesNothingBehind() {
    int port = streaming();
    fixture.engine().with("one", marks("1")).with("two", marks("2"));
    serve(port, route(attach("p")), ProxyFixture.plugin("p", "one", ""));
    var before = fixture.engine().openVms();
    var bad =
        new SnapshotSpec(
            List.of(route(attach("p"), attach("q"))),
            List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
            List.of(
                ProxyFixture.plugin("p", "two", ""),
                ProxyFixture.plugin("q", "missing", ""),
                ProxyFixture.plugin("r", "one", "refuse")));
    assertThatThrownBy(() -> fixture.proxy().prepare(bad))
        .isInstanceOfSatisfying(
            SnapshotException.class,
            e ->
                assertThat(e.problems())
                    .extracting(SnapshotException.Problem::name)
                    .containsExactlyInAnyOrder("q", "r"));
    assertThat(fixture.engine().openVms()).isEqualTo(before);
    assertThat(fixture.engine().openModules()).isEqualTo(1);
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    assertThat(fixture.get(client, "/").headers().join().get("x-saw")).isEqualTo("1");
  }

  @Test
  void everyProblemOfASnapshotIsNamed() {
    var spec =
        new SnapshotSpec(
            List.of(
                Route.to("a", RouteMatch.ANY, "nowhere"),
                Route.to("a", RouteMatch.ANY, "nowhere").withPlugins(List.of(attach("none")))),
            List.of(),
            List.of());
    assertThatThrownBy(() -> fixture.proxy().prepare(spec))
        .isInstanceOfSatisfying(SnapshotException.class, e -> assertThat(e.problems()).hasSize(4));
  }

  @Test
  void aDiscardedSnapshotEndsItsPlugins() {
    int port = streaming();
    fixture.engine().with("one", marks("1"));
    var spec =
        new SnapshotSpec(
            List.of(route(attach("p"))),
            List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
            List.of(ProxyFixture.plugin("p", "one", "")));
    var snapshot = fixture.proxy().prepare(spec);
    assertThat(fixture.engine().openVms()).hasSize(2);
    snapshot.discard();
    snapshot.discard();
    assertThat(fixture.engine().openVms()).isEmpty();
    assertThat(fixture.engine().openModules()).isZero();
    assertThatThrownBy(() -> fixture.proxy().swap(snapshot))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aPluginThatDoesNotStartInTimeIsRefused() {
    fixture.engine().with("one", marks("1"));
    var base = ProxyFixture.plugin("p", "one", "hang");
    var limits = dev.sluice.plugin.Limits.DEFAULT;
    var quick =
        new dev.sluice.plugin.Limits(
            limits.memory(),
            limits.callTime(),
            Duration.ofMillis(10),
            limits.bodyBuffer(),
            limits.logLines(),
            limits.callouts(),
            limits.timers(),
            limits.metrics(),
            limits.storeBytes(),
            limits.queueItems());
    var spec =
        new SnapshotSpec(
            List.of(), List.of(), List.of(PluginSpec.of(base.vm().withLimits(quick), "hang")));
    assertThatThrownBy(() -> fixture.proxy().prepare(spec)).hasMessageContaining("startTime");
    await().until(() -> fixture.engine().openModules() == 0);
  }

  @Test
  void noRequestFailsOrSeesHalfOfTwoSnapshotsDuringSwaps() {
    int port = streaming();
    fixture.engine().with("one", marks("1")).with("two", marks("2"));
    serve(
        port,
        route(attach("p"), attach("q")),
        ProxyFixture.plugin("p", "one", ""),
        ProxyFixture.plugin("q", "one", ""));
    var stop = new AtomicBoolean();
    var served = new AtomicLong();
    var traffic = new ArrayList<CompletableFuture<Void>>();
    for (var protocol : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
      traffic.add(CompletableFuture.runAsync(() -> traffic(protocol, stop, served)));
    }
    for (int i = 0; i < 30; i++) {
      var digest = i % 2 == 0 ? "two" : "one";
      serve(
          port,
          route(attach("p"), attach("q")),
          ProxyFixture.plugin("p", digest, "c" + i),
          ProxyFixture.plugin("q", digest, "c" + i));
    }
    long before = served.get();
    await().until(() -> served.get() > before + 100);
    stop.set(true);
    traffic.forEach(CompletableFuture::join);
    await().until(() -> fixture.engine().openVms().size() == 4);
    await().until(() -> fixture.engine().openModules() == 2);
    assertThat(fixture.proxy().status().active()).isZero();
    assertThat(fixture.seen()).allMatch(seen -> seen.status() == 200);
  }

  private void traffic(ProtocolChoice protocol, AtomicBoolean stop, AtomicLong served) {
    var client = fixture.client(protocol);
    while (!stop.get()) {
      var headers = fixture.get(client, "/").headers().join();
      var marks = new java.util.HashSet<>(headers.getAll("x-response-mark"));
      marks.add(headers.get("x-saw", ""));
      if (headers.status() != 200 || marks.size() != 1) {
        throw new AssertionError("saw halves: " + headers);
      }
      served.incrementAndGet();
    }
  }

  @Test
  void aDeadVmIsRebuiltAndItsNeighboursGoOn() {
    int port = streaming();
    fixture
        .engine()
        .with("one", marks("1"))
        .with(
            "dies",
            (root, stream) ->
                new HttpFilter() {
                  @Override
                  public FilterStatus onRequestHeaders(Headers headers, boolean end) {
                    if (headers.get(":path", "").equals("/die")) {
                      throw root.vm().die();
                    }
                    return FilterStatus.CONTINUE;
                  }
                });
    fixture.serve(
        List.of(
            route(attach("p")),
            Route.to("d", RouteMatch.prefix("/die"), "u").withPlugins(List.of(attach("bad")))),
        List.of(ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, port)),
        List.of(ProxyFixture.plugin("p", "one", ""), ProxyFixture.plugin("bad", "dies", "")));
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    var answer = fixture.get(client, "/die");
    assertThat(answer.headers().join().status()).isEqualTo(503);
    assertThat(answer.headers().join().get("x-request-id")).isNotNull();
    assertThat(fixture.get(client, "/").headers().join().status()).isEqualTo(200);
    await().until(() -> fixture.get(client, "/die/not").headers().join().status() == 200);
    assertThat(fixture.engine().openVms()).hasSize(4);
    var status =
        fixture.proxy().status().plugins().stream()
            .filter(p -> p.name().equals("bad"))
            .findFirst()
            .orElseThrow();
    assertThat(status.failures()).containsEntry("trap", 1L);
    assertThat(status.state()).isEqualTo(PluginStatus.State.ACTIVE);
    assertThat(status.memoryBytes()).isEqualTo(2000);
  }
}
