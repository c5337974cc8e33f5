package dev.sluice.proxy.internal.exchange;

import static dev.sluice.plugin.FilterStatus.CONTINUE;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_WATERMARK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.StreamError;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows how answers that filters give themselves travel. */
class LocalResponseTest {
  private static FilterStatus refuse(Probe.Call call) {
    call.stream().sendLocalResponse(LocalResponse.text(403, "refused", "no"));
    return CONTINUE;
  }

  private static List<String> responseCalls(Probe probe) {
    return probe.calls.stream().filter(call -> call.startsWith("response")).toList();
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_TRAILERS"})
  void passesTheFiltersThatSawTheRequestHeadersTheSenderIncluded(Callback callback) {
    var first = new Probe("a");
    var sender = new Probe("b").on(callback, LocalResponseTest::refuse);
    var third = new Probe("c");
    try (var harness = new ChainHarness(first, sender, third)) {
      harness.request(false);
      harness.data(Direction.REQUEST, "one", false);
      harness.trailers(Direction.REQUEST);
      assertThat(harness.client.status()).isEqualTo(403);
      assertThat(harness.client.body()).isEqualTo("no");
      assertThat(harness.client.ended).isTrue();
      assertThat(harness.client.header("content-length")).isEqualTo("2");
      assertThat(harness.client.header("x-request-id")).isNotNull();
      assertThat(responseCalls(first)).containsExactly("response headers", "response body no end");
      assertThat(responseCalls(sender)).containsExactly("response headers", "response body no end");
      if (callback == Callback.REQUEST_HEADERS) {
        assertThat(third.calls).noneMatch(call -> call.startsWith("re"));
        assertThat(harness.opened).isZero();
      } else {
        assertThat(responseCalls(third)).hasSize(2);
        assertThat(harness.upstream.reset).isNotNull();
      }
      assertThat(harness.client.consumed).isEqualTo(3);
    }
  }

  @Test
  void takesThePlaceOfAResponseThatIsNotOut() {
    var client = new Probe("a");
    var sender = new Probe("b").on(Callback.RESPONSE_HEADERS, LocalResponseTest::refuse);
    var upstream = new Probe("c");
    try (var harness = new ChainHarness(client, sender, upstream)) {
      harness.request(true);
      harness.response(false);
      assertThat(harness.client.status()).isEqualTo(403);
      assertThat(harness.client.body()).isEqualTo("no");
      assertThat(responseCalls(client)).containsExactly("response headers", "response body no end");
      assertThat(responseCalls(sender)).containsExactly("response headers");
      assertThat(responseCalls(upstream)).containsExactly("response headers");
      assertThat(harness.upstream.reset).isEqualTo(StreamError.CANCEL);
    }
  }

  @Test
  void resetsTheStreamOnceResponseHeadersAreOut() {
    var sender = new Probe("a").on(Callback.RESPONSE_BODY, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(sender)) {
      harness.request(true);
      harness.response(false);
      harness.data(Direction.RESPONSE, "one", false);
      assertThat(harness.client.status()).isEqualTo(200);
      assertThat(harness.client.reset).isEqualTo(StreamError.INTERNAL_ERROR);
      assertThat(harness.upstream.reset).isNotNull();
    }
  }

  @Test
  void canBeGivenByAFilterThatWaited() {
    var probe = new Probe("a").answers(Callback.REQUEST_HEADERS, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      probe.theStream().sendLocalResponse(LocalResponse.text(401, "who", "who are you"));
      assertThat(harness.client.headers).as("only on the next turn").isNull();
      harness.turn();
      assertThat(harness.client.status()).isEqualTo(401);
      probe.theStream().resume(Direction.REQUEST);
      harness.turn();
      assertThat(harness.opened).isZero();
    }
    assertThat(probe.calls).endsWith("log", "destroy");
  }

  @Test
  void aResponseFilterMayAnswerALocalResponseInItsTurn() {
    var outer =
        new Probe("a")
            .on(
                Callback.RESPONSE_HEADERS,
                call -> {
                  call.stream().sendLocalResponse(LocalResponse.text(418, "tea", "tea"));
                  return STOP_ITERATION;
                });
    var inner = new Probe("b").on(Callback.REQUEST_HEADERS, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(outer, inner)) {
      harness.request(true);
      assertThat(harness.client.status()).isEqualTo(418);
      assertThat(harness.client.body()).isEqualTo("tea");
      assertThat(responseCalls(outer)).containsExactly("response headers");
    }
  }

  @Test
  void isWithoutBodyForHead() {
    var probe = new Probe("a").on(Callback.REQUEST_HEADERS, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true, ":method", "HEAD");
      assertThat(harness.client.ended).isTrue();
      assertThat(harness.client.body()).isEmpty();
      assertThat(harness.client.header("content-length")).isEqualTo("2");
    }
  }

  @Test
  void becomesTrailersOnlyForGrpc() {
    var probe = new Probe("a").on(Callback.REQUEST_HEADERS, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(probe)) {
      harness.request(false, "content-type", "application/grpc+proto");
      assertThat(harness.client.status()).isEqualTo(200);
      assertThat(harness.client.header("grpc-status")).isEqualTo("7");
      assertThat(harness.client.header("grpc-message")).isEqualTo("no");
      assertThat(harness.client.ended).isTrue();
    }
  }

  @Test
  void carriesItsOwnHeadersButNotItsOwnFraming() {
    var probe =
        new Probe("a")
            .on(
                Callback.REQUEST_HEADERS,
                call -> {
                  call.stream()
                      .sendLocalResponse(
                          new LocalResponse(
                              429,
                              "slow",
                              Headers.of(
                                  "retry-after",
                                  "3",
                                  "set-cookie",
                                  "a=1",
                                  "set-cookie",
                                  "b=2",
                                  "content-length",
                                  "99"),
                              new byte[] {'x'},
                              -1));
                  return CONTINUE;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      assertThat(harness.client.header("retry-after")).isEqualTo("3");
      assertThat(harness.client.header("content-length")).isEqualTo("1");
      var headers = harness.client.headers;
      assertThat(headers == null ? List.of() : headers.getAll("set-cookie"))
          .containsExactly("a=1", "b=2");
    }
    assertThat(probe.calls).endsWith("log", "destroy");
  }

  @Test
  void isToldToTheObserver() {
    var probe = new Probe("a").on(Callback.REQUEST_HEADERS, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(probe)) {
      harness.request(true);
      harness.finish();
      assertThat(harness.observed)
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.status()).isEqualTo(403);
                assertThat(record.code()).isEqualTo("refused");
                assertThat(record.plugin()).isEqualTo("a");
                assertThat(record.error()).isNull();
                assertThat(record.attempts()).isZero();
                assertThat(record.responseBytes()).isEqualTo(2);
              });
    }
  }

  @Test
  void aLocalResponseKeepsItsLengthWhenAFilterLooksAtItsBody() {
    var looks = new Probe("a");
    var sender = new Probe("b").on(Callback.REQUEST_HEADERS, LocalResponseTest::refuse);
    try (var harness = new ChainHarness(looks, sender)) {
      harness.request(true);
      assertThat(harness.client.header("content-length")).isEqualTo("2");
    }
  }
}
