package dev.sluice.proxy.internal.exchange;

import static dev.sluice.plugin.FilterStatus.CONTINUE;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_BUFFER;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_WATERMARK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.StreamError;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.proxy.GatewayError;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows what a failing filter does to its exchange, and that it does no more. */
class PluginFailureTest {
  private static final String EACH = "REQUEST_HEADERS|REQUEST_BODY|REQUEST_TRAILERS|RESPONSE_.*";

  private static void run(ChainHarness harness) {
    harness.request(false);
    harness.data(Direction.REQUEST, "one", false);
    harness.trailers(Direction.REQUEST);
    if (harness.upstreamHandler != null && harness.upstream.reset == null) {
      harness.response(false);
      harness.data(Direction.RESPONSE, "answer", false);
      harness.trailers(Direction.RESPONSE);
    }
  }

  private static boolean headersAreOut(Callback callback) {
    return callback == Callback.RESPONSE_BODY || callback == Callback.RESPONSE_TRAILERS;
  }

  @ParameterizedTest
  @EnumSource(names = EACH, mode = EnumSource.Mode.MATCH_ANY)
  void closesTheExchange(Callback callback) {
    var neighbour = new Probe("a");
    var failing =
        new Probe("b")
            .on(
                callback,
                call -> {
                  throw new PluginException(PluginException.Kind.TRAP, "unreachable");
                });
    try (var harness = new ChainHarness(neighbour, failing)) {
      run(harness);
      if (headersAreOut(callback)) {
        assertThat(harness.client.reset).isEqualTo(StreamError.INTERNAL_ERROR);
      } else {
        assertThat(harness.client.status()).isEqualTo(503);
        assertThat(harness.client.body()).contains("plugin_failed").doesNotContain("unreachable");
        assertThat(neighbour.calls).contains("response headers");
      }
      harness.finish();
      assertThat(failing.failures).singleElement().extracting("kind").hasToString("TRAP");
      assertThat(failing.calls).endsWith("destroy").doesNotContain("log");
      assertThat(neighbour.calls).endsWith("log", "destroy");
      assertThat(harness.observed)
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.code()).isEqualTo("plugin_failed");
                assertThat(record.plugin()).isEqualTo("b");
                var error = record.error();
                assertThat(error == null ? null : error.who()).isEqualTo(GatewayError.Party.PLUGIN);
                assertThat(error == null ? "" : error.detail()).contains("unreachable");
              });
    }
  }

  @ParameterizedTest
  @EnumSource(names = EACH, mode = EnumSource.Mode.MATCH_ANY)
  void opensTheExchange(Callback callback) {
    var failing =
        new Probe("a")
            .on(
                callback,
                call -> {
                  throw new IllegalStateException("oops");
                });
    failing.strategy = FailStrategy.FAIL_OPEN;
    try (var harness = new ChainHarness(failing)) {
      run(harness);
      assertThat(harness.upstream.body()).isEqualTo("one");
      assertThat(harness.upstream.trailers).isNotNull();
      assertThat(harness.client.status()).isEqualTo(200);
      assertThat(harness.client.body()).isEqualTo("answer");
      assertThat(harness.client.trailers).isNotNull();
      assertThat(failing.failures).singleElement().extracting("kind").hasToString("INTERNAL");
    }
  }

  @Test
  void openReleasesWhatWasHeldInBothDirections() {
    var failing =
        new Probe("a")
            .answers(Callback.REQUEST_BODY, STOP_ITERATION_AND_BUFFER)
            .on(
                Callback.RESPONSE_HEADERS,
                call -> {
                  throw new IllegalStateException("oops");
                });
    failing.strategy = FailStrategy.FAIL_OPEN;
    try (var harness = new ChainHarness(failing)) {
      harness.request(false);
      harness.data(Direction.REQUEST, "held", true);
      assertThat(harness.upstream.body()).isEmpty();
      harness.response(true);
      assertThat(harness.upstream.body()).isEqualTo("held");
      assertThat(harness.client.ended).isTrue();
    }
  }

  @Test
  void aVmThatIsDeadFailsNewExchanges() {
    var dead = new Probe("a");
    dead.dead = true;
    try (var harness = new ChainHarness(dead)) {
      harness.request(true);
      assertThat(harness.client.status()).isEqualTo(503);
    }
    var open = new Probe("a");
    open.dead = true;
    open.strategy = FailStrategy.FAIL_OPEN;
    try (var harness = new ChainHarness(open)) {
      harness.request(true);
      assertThat(harness.opened).isOne();
    }
  }

  @Test
  void aTaskThatFailsFailsItsFilter() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      probe
          .theStream()
          .execute(
              () -> {
                throw new PluginException(PluginException.Kind.DEAD, "the VM has died");
              });
      harness.turn();
      assertThat(harness.client.status()).isEqualTo(503);
    }
  }

  @Test
  void aTaskMayAnswer() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      probe
          .theStream()
          .execute(() -> probe.theStream().sendLocalResponse(LocalResponse.text(200, "ok", "ok")));
      harness.turn();
      assertThat(harness.client.body()).isEqualTo("ok");
    }
  }

  @Test
  void whatAFailingCallbackAskedForIsForgotten() {
    var failing =
        new Probe("a")
            .on(
                Callback.REQUEST_HEADERS,
                call -> {
                  call.stream().sendLocalResponse(LocalResponse.text(200, "ok", "ok"));
                  throw new IllegalStateException("oops");
                });
    try (var harness = new ChainHarness(failing)) {
      harness.request(true);
      assertThat(harness.client.status()).isEqualTo(503);
    }
  }

  @Test
  void whatComesTooLateIsDroppedAndCounted() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      harness.clientLeaves();
      var stream = probe.theStream();
      assertThat(stream.isClosed()).isTrue();
      stream.resume(Direction.REQUEST);
      stream.execute(() -> probe.calls.add("ran"));
      stream.sendLocalResponse(LocalResponse.text(200, "ok", "ok"));
      stream.resetStream();
      stream.inject(Direction.REQUEST, new byte[] {1}, true);
      harness.turn();
      assertThat(harness.dropped()).isEqualTo(2);
      assertThat(probe.calls).containsExactly("request headers end", "log", "destroy");
      assertThat(stream.requestHeaders()).isNull();
      assertThat(stream.body(Direction.REQUEST)).isNull();
      assertThat(harness.opened).isZero();
    }
  }

  @Test
  void resumeFromAnotherThreadTakesEffectOnTheLoop() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      CompletableFuture.runAsync(() -> probe.theStream().resume(Direction.REQUEST)).join();
      assertThat(harness.opened).isZero();
      harness.turn();
      assertThat(harness.opened).isOne();
    }
  }

  @Test
  void aFilterMayResetTheStream() {
    var probe =
        new Probe("a")
            .on(
                Callback.RESPONSE_HEADERS,
                call -> {
                  call.stream().resetStream();
                  return CONTINUE;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      harness.response(false);
      assertThat(harness.client.headers).isNull();
      assertThat(harness.client.reset).isEqualTo(StreamError.CANCEL);
      assertThat(harness.upstream.reset).isEqualTo(StreamError.CANCEL);
      assertThat(probe.calls).endsWith("log", "destroy");
    }
  }

  @Test
  void aClientThatLeavesCancelsTheUpstream() {
    var probe = new Probe("a");
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      harness.response(false);
      harness.clientLeaves();
      assertThat(harness.upstream.reset).isEqualTo(StreamError.CANCEL);
      assertThat(harness.observed)
          .singleElement()
          .satisfies(record -> assertThat(record.code()).isEqualTo("client_gone"));
    }
  }

  @Test
  void theUpstreamThatBreaksOffBeforeItsAnswerIsABadGateway() {
    try (var harness = new ChainHarness(new Probe("a"))) {
      harness.request(true);
      harness.handler().onReset(StreamError.CONNECTION_LOST, "gone");
      assertThat(harness.client.status()).isEqualTo(502);
      assertThat(harness.client.body()).contains("upstream_reset");
    }
  }

  @Test
  void theUpstreamThatBreaksOffInItsAnswerResetsTheClient() {
    try (var harness = new ChainHarness(new Probe("a"))) {
      harness.request(true);
      harness.response(false);
      harness.data(Direction.RESPONSE, "half", false);
      harness.handler().onReset(StreamError.CONNECTION_LOST, "gone");
      assertThat(harness.client.reset).isNotNull();
    }
  }

  @Test
  void aBufferedUploadAsksForTheBodyItself() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.request(false, "expect", "100-continue");
      assertThat(harness.client.informational).containsExactly(100);
      probe.theStream().resume(Direction.REQUEST);
      harness.turn();
      assertThat(harness.upstream.header("expect")).isNull();
    }
  }
}
