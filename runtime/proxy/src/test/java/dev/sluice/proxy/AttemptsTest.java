package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.UpstreamSpec.Endpoint;
import dev.sluice.proxy.UpstreamSpec.LoadBalancing;
import dev.sluice.proxy.route.RetryPolicy;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.testing.ProxyFixture;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows how upstreams are chosen, tried again and given up. */
class AttemptsTest {
  private static final Duration NONE = Duration.ZERO;

  private final ProxyFixture fixture = new ProxyFixture();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static int deadPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static UpstreamSpec upstream(LoadBalancing balancing, int... ports) {
    var base = ProxyFixture.spec("u", ProtocolChoice.HTTP_1_1, ports);
    return new UpstreamSpec("u", base.endpoints(), base.protocol(), null, balancing, base.limits());
  }

  private void serve(UpstreamSpec upstream, Duration timeout, RetryPolicy retry) {
    fixture.serve(
        List.of(Route.to("r", RouteMatch.ANY, "u").withTries(timeout, retry)),
        List.of(upstream),
        List.of());
  }

  private Exchange get(String path) {
    return fixture.get(fixture.client(ProtocolChoice.HTTP_1_1), path);
  }

  private static int status(Exchange exchange) {
    return exchange.headers().join().status();
  }

  private ProxyFixture.Seen seen() {
    await().until(() -> !fixture.seen().isEmpty());
    return fixture.seen().element();
  }

  /**
   * Starts an upstream whose n-th request is handled by the n-th step, the last one for the rest.
   */
  @SafeVarargs
  private int scripted(Consumer<Exchange>... steps) {
    var count = new AtomicInteger();
    return fixture
        .upstream(
            exchange -> steps[Math.min(count.getAndIncrement(), steps.length - 1)].accept(exchange))
        .port();
  }

  private static void ok(Exchange exchange) {
    exchange.respond(200, "ok");
  }

  @Test
  void aDeadUpstreamIsABadGateway() throws IOException {
    serve(upstream(LoadBalancing.LEAST_REQUEST, deadPort()), NONE, RetryPolicy.NONE);
    var answer = get("/");
    assertThat(status(answer)).isEqualTo(502);
    assertThat(answer.headers().join().get("content-type")).isEqualTo("application/problem+json");
    assertThat(answer.headers().join().get("x-request-id")).isNotNull();
    assertThat(answer.text()).contains("upstream_connect_failed").doesNotContain("127.0.0.1");
    assertThat(seen().code()).isEqualTo("upstream_connect_failed");
    assertThat(seen().detail()).contains("127.0.0.1");
  }

  @Test
  void aConnectFailureIsTriedAgainElsewhere() throws IOException {
    int port = scripted(AttemptsTest::ok);
    serve(
        upstream(LoadBalancing.ROUND_ROBIN, deadPort(), port),
        NONE,
        RetryPolicy.onConnectFailure(1));
    for (int i = 0; i < 4; i++) {
      assertThat(status(get("/"))).isEqualTo(200);
    }
    await().until(() -> fixture.seen().size() == 4);
    assertThat(fixture.seen()).anyMatch(seen -> seen.attempts() == 2);
  }

  @Test
  void noRouteIsNotFound() {
    assertThat(status(get("/"))).isEqualTo(404);
    assertThat(seen().code()).isEqualTo("no_route");
  }

  @Test
  void anUpstreamWithoutEndpointsIsUnavailable() {
    serve(
        new UpstreamSpec(
            "u",
            List.of(new Endpoint("does-not-exist.invalid", 80)),
            ProtocolChoice.HTTP_1_1,
            null,
            LoadBalancing.RANDOM,
            UpstreamSpec.Limits.DEFAULT),
        NONE,
        RetryPolicy.NONE);
    var answer = get("/");
    assertThat(status(answer)).isEqualTo(503);
    assertThat(answer.text()).contains("no_healthy_upstream");
  }

  @Test
  void aHostNameIsLookedUp() {
    int port = scripted(AttemptsTest::ok);
    serve(
        UpstreamSpec.of("u", ProtocolChoice.HTTP_1_1, new Endpoint("localhost", port)),
        NONE,
        RetryPolicy.onConnectFailure(1));
    assertThat(status(get("/"))).isEqualTo(200);
  }

  @Test
  void roundRobinTakesTurnsByWeight() {
    var first = new AtomicInteger();
    var second = new AtomicInteger();
    int one = scripted(exchange -> count(first, exchange));
    int two = scripted(exchange -> count(second, exchange));
    var base = upstream(LoadBalancing.ROUND_ROBIN, one, two);
    serve(
        new UpstreamSpec(
            "u",
            List.of(new Endpoint("127.0.0.1", one, 3), new Endpoint("127.0.0.1", two, 1)),
            base.protocol(),
            null,
            base.loadBalancing(),
            base.limits()),
        NONE,
        RetryPolicy.NONE);
    var client = fixture.client(ProtocolChoice.HTTP_1_1); // one connection, so one loop
    for (int i = 0; i < 8; i++) {
      fixture.get(client, "/");
    }
    assertThat(first.get()).isEqualTo(6);
    assertThat(second.get()).isEqualTo(2);
  }

  private static void count(AtomicInteger counter, Exchange exchange) {
    counter.incrementAndGet();
    exchange.respond(200, "ok");
  }

  @Test
  void leastRequestAvoidsTheBusyEndpoint() {
    var fast = new AtomicInteger();
    var stuck = new AtomicInteger();
    int slow = scripted(exchange -> stuck.incrementAndGet());
    int quick = scripted(exchange -> count(fast, exchange));
    serve(upstream(LoadBalancing.LEAST_REQUEST, slow, quick), NONE, RetryPolicy.NONE);
    var client = fixture.client(ProtocolChoice.HTTP_2);
    for (int i = 1; i <= 20; i++) {
      client.send(fixture.address(), TestClient.request("GET", "/" + i));
      int sent = i;
      await().until(() -> fast.get() + stuck.get() == sent);
      await().until(() -> fixture.proxy().status().active() == stuck.get());
    }
    assertThat(stuck.get()).isEqualTo(1);
  }

  @Test
  void weightedTargetsShareTheRequests() {
    var a = new AtomicInteger();
    var b = new AtomicInteger();
    var one = ProxyFixture.spec("one", ProtocolChoice.HTTP_1_1, scripted(e -> count(a, e)));
    var two = ProxyFixture.spec("two", ProtocolChoice.HTTP_1_1, scripted(e -> count(b, e)));
    var route =
        new Route(
            "r",
            RouteMatch.ANY,
            List.of(new Route.Target("one", 1), new Route.Target("two", 0)),
            List.of(),
            NONE,
            RetryPolicy.NONE);
    fixture.serve(List.of(route), List.of(one, two), List.of());
    for (int i = 0; i < 5; i++) {
      get("/");
    }
    assertThat(a.get()).isEqualTo(5);
    assertThat(b.get()).isZero();
  }

  @Test
  void aStatusIsTriedAgainAndTheLastAnswerPassed() {
    int port =
        scripted(
            exchange -> exchange.respond(503, "no"),
            exchange -> exchange.respond(503, "no"),
            AttemptsTest::ok,
            exchange -> exchange.respond(503, "still no"));
    var retry = new RetryPolicy(2, false, false, false, Set.of(503), NONE);
    serve(upstream(LoadBalancing.RANDOM, port), NONE, retry);
    assertThat(get("/").text()).isEqualTo("ok");
    assertThat(seen().attempts()).isEqualTo(3);
    var last = get("/");
    assertThat(status(last)).isEqualTo(503);
    assertThat(last.text()).isEqualTo("still no");
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void aSmallBodyIsSentAgain(ProtocolChoice protocol) {
    int port =
        scripted(
            exchange -> exchange.stream().reset(StreamError.INTERNAL_ERROR),
            exchange ->
                exchange
                    .complete()
                    .thenAccept(done -> exchange.respond(200, "got " + exchange.text())));
    var retry = new RetryPolicy(1, false, true, false, Set.of(), NONE);
    fixture.serve(
        List.of(Route.to("r", RouteMatch.ANY, "u").withTries(NONE, retry)),
        List.of(ProxyFixture.spec("u", protocol, port)),
        List.of());
    var answer =
        fixture
            .client(protocol)
            .send(
                fixture.address(),
                TestClient.request("POST", "/", "content-length", "5"),
                false,
                exchange ->
                    exchange.stream()
                        .sendData(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8), true));
    assertThat(ProxyFixture.done(answer).text()).isEqualTo("got hello");
    assertThat(seen().attempts()).isEqualTo(2);
  }

  @Test
  void aLargeBodyIsNotSentAgain() {
    int port =
        scripted(
            exchange -> {
              exchange.consuming(true);
              exchange
                  .complete()
                  .thenAccept(done -> exchange.stream().reset(StreamError.INTERNAL_ERROR));
            },
            AttemptsTest::ok);
    var retry = new RetryPolicy(1, false, true, false, Set.of(), NONE);
    serve(upstream(LoadBalancing.RANDOM, port), NONE, retry);
    var answer =
        fixture
            .client(ProtocolChoice.HTTP_1_1)
            .send(
                fixture.address(),
                TestClient.request("POST", "/", "content-length", "300000"),
                false,
                exchange -> exchange.sendPattern(300_000, null));
    ProxyFixture.done(answer);
    assertThat(status(answer)).isEqualTo(502);
    assertThat(answer.text()).contains("upstream_reset");
  }

  @Test
  void aRouteTimeoutAnswersInPlaceOfASlowUpstream() {
    int port = scripted(exchange -> {});
    serve(upstream(LoadBalancing.RANDOM, port), Duration.ofMillis(50), RetryPolicy.NONE);
    var answer = get("/");
    assertThat(status(answer)).isEqualTo(504);
    assertThat(answer.text()).contains("upstream_timeout");
  }

  @Test
  void aRouteTimeoutResetsAResponseThatIsOut() {
    int port =
        scripted(exchange -> exchange.stream().sendHeaders(Headers.of(":status", "200"), false));
    serve(upstream(LoadBalancing.RANDOM, port), Duration.ofMillis(50), RetryPolicy.NONE);
    var answer =
        fixture
            .client(ProtocolChoice.HTTP_2)
            .send(fixture.address(), TestClient.request("GET", "/"));
    assertThat(ProxyFixture.headers(answer).status()).isEqualTo(200);
    assertThat(answer.reset().orTimeout(10, TimeUnit.SECONDS).join()).isNotNull();
  }

  @Test
  void aTryThatTakesTooLongIsTriedElsewhere() {
    var stuck = new AtomicInteger();
    int slow = scripted(exchange -> stuck.incrementAndGet());
    int quick = scripted(AttemptsTest::ok);
    var retry = new RetryPolicy(1, false, false, true, Set.of(), Duration.ofMillis(50));
    serve(upstream(LoadBalancing.ROUND_ROBIN, slow, quick), NONE, retry);
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    for (int i = 0; i < 3; i++) {
      assertThat(fixture.get(client, "/").text()).isEqualTo("ok");
    }
  }

  @Test
  void oneRequestTooManyOpensTheCircuit() {
    int port = scripted(exchange -> {});
    var base = upstream(LoadBalancing.RANDOM, port);
    var limits = UpstreamSpec.Limits.DEFAULT;
    serve(
        new UpstreamSpec(
            "u",
            base.endpoints(),
            base.protocol(),
            null,
            base.loadBalancing(),
            new UpstreamSpec.Limits(
                1, 0, 0, limits.connectTimeout(), limits.idleTimeout(), limits.dnsRefresh())),
        NONE,
        RetryPolicy.NONE);
    var stuck =
        fixture
            .client(ProtocolChoice.HTTP_1_1)
            .send(fixture.address(), TestClient.request("GET", "/"));
    await().until(() -> fixture.proxy().status().upstreams().getFirst().active() == 1);
    var answer = get("/");
    assertThat(status(answer)).isEqualTo(503);
    assertThat(answer.text()).contains("circuit_open");
    assertThat(stuck.headers().isDone()).isFalse();
    assertThat(fixture.proxy().status().upstreams().getFirst().rejected()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesCancelsTheUpstream() {
    var upstream = fixture.upstream(exchange -> {});
    serve(upstream(LoadBalancing.RANDOM, upstream.port()), NONE, RetryPolicy.NONE);
    var client = fixture.client(ProtocolChoice.HTTP_2);
    var request = client.send(fixture.address(), TestClient.request("GET", "/"));
    await().until(() -> !upstream.exchanges().isEmpty());
    client.onLoop(() -> request.stream().reset(StreamError.CANCEL));
    assertThat(upstream.exchanges().element().reset().orTimeout(10, TimeUnit.SECONDS).join())
        .isNotNull();
    assertThat(seen().code()).isEqualTo("client_gone");
    await().until(() -> fixture.proxy().status().upstreams().getFirst().active() == 0);
  }

  @Test
  void anEarlyAnswerEndsTheUpload() {
    int port = scripted(exchange -> exchange.respond(413, "too large"));
    serve(upstream(LoadBalancing.RANDOM, port), NONE, RetryPolicy.NONE);
    for (var protocol : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
      var answer =
          fixture
              .client(protocol)
              .send(
                  fixture.address(),
                  TestClient.request("POST", "/"),
                  false,
                  exchange ->
                      exchange.stream()
                          .sendData(Unpooled.copiedBuffer("a", StandardCharsets.UTF_8), false));
      ProxyFixture.done(answer);
      assertThat(status(answer)).isEqualTo(413);
      assertThat(answer.text()).isEqualTo("too large");
      await(protocol.name()).until(() -> fixture.proxy().status().active() == 0);
    }
  }

  @Test
  void headersSayWhereTheRequestCameFrom() {
    var upstream = fixture.upstream(AttemptsTest::ok);
    serve(upstream(LoadBalancing.RANDOM, upstream.port()), NONE, RetryPolicy.NONE);
    fixture.get(fixture.client(ProtocolChoice.HTTP_1_1), "/");
    fixture.get(
        fixture.client(ProtocolChoice.HTTP_1_1),
        "/",
        "x-forwarded-for",
        "10.0.0.1",
        "x-request-id",
        "mine",
        "x-forwarded-proto",
        "https");
    var seen = List.copyOf(upstream.exchanges());
    var first = seen.get(0).headers().join();
    assertThat(first.get("x-forwarded-for")).isEqualTo("127.0.0.1");
    assertThat(first.get("x-forwarded-proto")).isEqualTo("http");
    assertThat(first.get("x-request-id")).hasSize(32);
    var second = seen.get(1).headers().join();
    assertThat(second.get("x-forwarded-for")).isEqualTo("10.0.0.1, 127.0.0.1");
    assertThat(second.get("x-forwarded-proto")).isEqualTo("http");
    assertThat(second.get("x-request-id")).isEqualTo("mine");
  }

  @Test
  void drainingRefusesNewRequests() {
    int port = scripted(AttemptsTest::ok);
    serve(upstream(LoadBalancing.RANDOM, port), NONE, RetryPolicy.NONE);
    fixture.proxy().setDraining(true);
    var answer = get("/");
    assertThat(status(answer)).isEqualTo(503);
    assertThat(answer.text()).contains("draining");
    fixture.proxy().setDraining(false);
    assertThat(status(get("/"))).isEqualTo(200);
  }

  @Test
  void informationalResponsesAreRelayed() {
    int port =
        scripted(
            exchange -> {
              exchange.stream().sendInformational(Headers.of(":status", "103", "link", "</a>"));
              exchange.respond(200, "ok");
            });
    serve(upstream(LoadBalancing.RANDOM, port), NONE, RetryPolicy.NONE);
    for (var protocol : List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2)) {
      var answer = fixture.get(fixture.client(protocol), "/");
      assertThat(answer.informational()).hasSize(1);
      assertThat(answer.informational().getFirst().get("link")).isEqualTo("</a>");
    }
  }

  @Test
  void upstreamsOfTheOldSnapshotCloseWithTheirLastExchange() {
    var upstream = fixture.upstream(exchange -> {});
    var spec = upstream(LoadBalancing.RANDOM, upstream.port());
    serve(spec, NONE, RetryPolicy.NONE);
    var client = fixture.client(ProtocolChoice.HTTP_2);
    var request = client.send(fixture.address(), TestClient.request("GET", "/"));
    await().until(() -> !upstream.exchanges().isEmpty());
    fixture.serve(List.of(), List.of(), List.of());
    var held = upstream.exchanges().element();
    assertThat(held.closed().isDone()).isFalse();
    held.stream().loop().execute(() -> held.respond(200, "late"));
    assertThat(ProxyFixture.done(request).text()).isEqualTo("late");
    await().until(() -> upstream.server().connections() == 0);
  }

  @Test
  void webSocketsPassBothWays() {
    var upstream =
        fixture.upstream(
            exchange -> exchange.stream().sendHeaders(Headers.of(":status", "101"), false));
    serve(upstream(LoadBalancing.RANDOM, upstream.port()), NONE, RetryPolicy.NONE);
    var client = fixture.client(ProtocolChoice.HTTP_1_1);
    var socket =
        client.send(
            fixture.address(),
            TestClient.request(
                "GET",
                "/",
                "upgrade",
                "websocket",
                "connection",
                "upgrade",
                "sec-websocket-version",
                "13"),
            false,
            exchange -> {});
    assertThat(ProxyFixture.headers(socket).status()).isEqualTo(101);
    client.onLoop(
        () ->
            socket.stream().sendData(Unpooled.copiedBuffer("ping", StandardCharsets.UTF_8), false));
    var other = upstream.exchanges().element();
    await().until(() -> other.received() == 4);
    other.stream()
        .loop()
        .execute(
            () ->
                other.stream()
                    .sendData(Unpooled.copiedBuffer("pong", StandardCharsets.UTF_8), false));
    await().until(() -> socket.received() == 4);
    client.onLoop(() -> socket.stream().reset(StreamError.CANCEL));
    await().until(() -> other.closed().isDone());
  }
}
