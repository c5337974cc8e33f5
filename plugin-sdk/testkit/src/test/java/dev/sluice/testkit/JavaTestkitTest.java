package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.host.PluginLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drives a plugin through what a filter chain does. */
class JavaTestkitTest {
  @TempDir private Path folder;
  private PluginTestkit kit;

  @BeforeEach
  void start() throws IOException {
    kit =
        PluginTestkit.of(JavaPlugin.build(folder))
            .upstreams("other")
            .entry("{\"limits\": {\"bodyBuffer\": \"1KiB\"}}")
            .start();
  }

  @AfterEach
  void close() {
    kit.close();
  }

  @Test
  void piecesPassAsTheyCome() {
    var exchange = kit.exchange().requestHeaders(false, "POST", "/", "x-a", "1");
    exchange.requestBody("one", false).requestBody("two", false);
    assertThat(exchange.request().texts()).containsExactly("one", "two");
    assertThat(exchange.request().isEnded()).isFalse();
    exchange.requestTrailers("x-trailer", "t");
    assertThat(exchange.request().trailer("x-trailer")).isEqualTo("t");
    assertThat(exchange.request().header("x-a")).isEqualTo("1");

    exchange.responseHeaders(false, 200, "content-type", "text/event-stream");
    assertThat(exchange.response().status()).isEqualTo(200);
    exchange.responseBody("data: 1\n\n", false);
    assertThat(exchange.response().text()).isEqualTo("data: 1\n\n");
    exchange.responseTrailers("x-end", "e");
    assertThat(exchange.response().trailer("x-end")).isEqualTo("e");
    assertThat(exchange.outcome()).isEqualTo(new Outcome(200, "", "", "", false));
    assertThat(kit.log()).containsExactly(new LogLine(PluginLog.Level.DEBUG, "saw /"));
  }

  @Test
  void aBufferHoldsUpToItsLimit() {
    var held = kit.exchange().requestHeaders(false, "POST", "/whole").requestBody("one", false);
    assertThat(held.request().hasBegun()).isFalse();
    held.requestBody("two", true);
    assertThat(held.request().text()).isEqualTo("onetwo");

    var large = kit.exchange().requestHeaders(false, "POST", "/whole");
    large.requestBody("x".repeat(1000), false).requestBody("x".repeat(1000), false);
    assertThat(large.response().status()).isEqualTo(413);
    assertThat(large.ended().code()).isEqualTo("body_too_large");
    assertThat(large.ended().answerer()).isEqualTo(Outcome.Answerer.GATEWAY);
  }

  @Test
  void aPluginAnswersOrFailsByItself() {
    var answered = kit.exchange().get("/answer");
    assertThat(answered.response().text()).isEqualTo("no");
    assertThat(answered.outcome()).isEqualTo(new Outcome(403, "no", "probe", "", false));
    assertThatThrownBy(() -> answered.respond(200, ""))
        .hasMessageContaining("has not reached the upstream");

    var failed = kit.exchange().get("/fail");
    assertThat(failed.ended().code()).isEqualTo("plugin_failed");
    assertThat(failed.ended().detail()).contains("asked to");
    assertThat(kit.log()).anyMatch(line -> line.message().contains("asked to"));
  }

  @Test
  void calloutsOfAllKindsAreAnswered() {
    var http = kit.exchange().get("/call");
    assertThat(kit.callout()).hasToString("other: GET /check");
    kit.callout().respond(204, "");
    assertThat(http.request().header("x-status")).isEqualTo("204");

    var grpc = kit.exchange().get("/grpc");
    assertThat(kit.callout().isGrpc()).isTrue();
    assertThat(kit.callout().grpcMessages())
        .containsExactly("ping".getBytes(StandardCharsets.UTF_8));
    kit.callout().respondGrpc(0, "", "pong".getBytes(StandardCharsets.UTF_8));
    assertThat(grpc.request().header("x-status")).isEqualTo("pong");

    var redis = kit.exchange().get("/redis");
    assertThat(kit.callout().command()).containsExactly("GET", "key");
    kit.callout().reply(List.of(1, "a"));
    assertThat(redis.request().header("x-reply")).isEqualTo("*2 :1 $1 a ");

    kit.answer("other", callout -> callout.respond(200, ""));
    assertThat(kit.exchange().get("/call").request().header("x-status")).isEqualTo("200");
    assertThat(kit.metrics()).containsEntry("calls", 2L);
  }

  @Test
  void timePassesOnlyWhenItIsTold() {
    assertThat(kit.metrics()).containsEntry("ticks", 0L);
    kit.advance(Duration.ofMillis(2500));
    assertThat(kit.metrics()).containsEntry("ticks", 2L);

    var waiting = kit.exchange().get("/call");
    kit.advance(Duration.ofMillis(4980));
    assertThat(waiting.request().hasBegun()).isFalse();
    kit.advance(Duration.ofMillis(50));
    assertThat(waiting.request().header("x-status")).isEqualTo("TIMEOUT");
  }

  @Test
  void bothSidesMayBreakOff() {
    var left = kit.exchange().get("/call").clientLeaves();
    assertThat(left.ended().code()).isEqualTo("client_gone");
    var broken = kit.exchange().get("/").responseHeaders(false, 200).upstreamBreaks();
    assertThat(broken.response().reset()).isNotNull();
    var early = kit.exchange().get("/").upstreamBreaks();
    assertThat(early.response().status()).isEqualTo(502);
  }

  @Test
  void exchangesMayRunSideBySide() {
    var first = kit.exchange().get("/call");
    var second = kit.exchange().get("/");
    assertThat(second.request().header(":path")).isEqualTo("/");
    second.respond(200, "second");
    kit.callout().respond(200, "");
    first.respond(200, "first");
    assertThat(first.response().text()).isEqualTo("first");
    assertThat(second.response().text()).isEqualTo("second");
  }
}
