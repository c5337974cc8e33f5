package dev.sluice.proxy.internal.exchange;

import static dev.sluice.plugin.FilterStatus.CONTINUE;
import static dev.sluice.plugin.FilterStatus.CONTINUE_AND_END_STREAM;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_BUFFER;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_AND_WATERMARK;
import static dev.sluice.plugin.FilterStatus.STOP_ITERATION_NO_BUFFER;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows what each status of each callback does, in both directions. */
class FilterStatusTest {
  private static Callback headersOf(Direction direction) {
    return direction == Direction.REQUEST ? Callback.REQUEST_HEADERS : Callback.RESPONSE_HEADERS;
  }

  private static Callback bodyOf(Direction direction) {
    return direction == Direction.REQUEST ? Callback.REQUEST_BODY : Callback.RESPONSE_BODY;
  }

  private static Callback trailersOf(Direction direction) {
    return direction == Direction.REQUEST ? Callback.REQUEST_TRAILERS : Callback.RESPONSE_TRAILERS;
  }

  private static String word(Direction direction) {
    return direction == Direction.REQUEST ? "request" : "response";
  }

  private static int tooLarge(Direction direction) {
    return direction == Direction.REQUEST ? 413 : 502;
  }

  @ParameterizedTest
  @EnumSource
  void continuePassesEverythingAsItComes(Direction direction) {
    var probe = new Probe("a");
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      assertThat(harness.out(direction).headers).isNotNull();
      harness.data(direction, "one", false);
      assertThat(harness.out(direction).body()).isEqualTo("one");
      harness.data(direction, "two", false);
      harness.trailers(direction);
      assertThat(harness.out(direction).body()).isEqualTo("onetwo");
      assertThat(harness.out(direction).trailers).isNotNull();
      assertThat(harness.source(direction).consumed).isZero();
      harness.written(direction);
      assertThat(harness.source(direction).consumed).isEqualTo(6);
      assertThat(probe.calls)
          .containsSubsequence(
              word(direction) + " headers",
              word(direction) + " body one",
              word(direction) + " body two",
              word(direction) + " trailers");
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEndInHeadersPassesInHeaders(Direction direction) {
    var probe = new Probe("a");
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, true, "content-length", "12");
      assertThat(harness.out(direction).ended).isTrue();
      assertThat(harness.out(direction).header("content-length")).isEqualTo("12");
      assertThat(probe.calls).contains(word(direction) + " headers end");
    }
  }

  @ParameterizedTest
  @EnumSource
  void stoppedHeadersGoOnWithTheFirstBodyThatContinues(Direction direction) {
    var probe = new Probe("a").answers(headersOf(direction), STOP_ITERATION);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      assertThat(harness.out(direction).headers).isNull();
      harness.data(direction, "one", false);
      assertThat(harness.out(direction).headers).isNotNull();
      assertThat(harness.out(direction).body()).isEqualTo("one");
    }
  }

  @ParameterizedTest
  @EnumSource
  void stoppedHeadersGoOnWithTrailersThatContinue(Direction direction) {
    var probe =
        new Probe("a")
            .answers(headersOf(direction), STOP_ITERATION)
            .answers(bodyOf(direction), STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      assertThat(harness.out(direction).headers).isNull();
      harness.trailers(direction);
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).trailers).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource(names = "STOP.*", mode = EnumSource.Mode.MATCH_ALL)
  void resumePassesHeadersThatWereHeld(FilterStatus status) {
    for (var direction : Direction.values()) {
      var probe = new Probe("a").answers(headersOf(direction), status);
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, true);
        assertThat(harness.out(direction).headers).isNull();
        probe.theStream().resume(direction);
        assertThat(harness.out(direction).headers).as("only on the next turn").isNull();
        harness.turn();
        assertThat(harness.out(direction).ended).isTrue();
        probe.theStream().resume(direction);
        harness.turn();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterStopAndBufferOnHeadersNoCallbackComesUntilResume(Direction direction) {
    var probe = new Probe("a").answers(headersOf(direction), STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      harness.data(direction, "two", true);
      assertThat(probe.calls).noneMatch(call -> call.contains("body"));
      assertThat(harness.source(direction).consumed)
          .as("buffered bytes are credited, else buffering would starve itself")
          .isEqualTo(6);
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(probe.calls).contains(word(direction) + " body onetwo end");
      assertThat(harness.out(direction).body()).isEqualTo("onetwo");
      assertThat(harness.out(direction).ended).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void trailersWaitBehindStopAndBuffer(Direction direction) {
    var probe = new Probe("a").answers(headersOf(direction), STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      harness.trailers(direction);
      assertThat(probe.calls).noneMatch(call -> call.contains("trailers"));
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(probe.calls)
          .containsSubsequence(word(direction) + " body one", word(direction) + " trailers");
      assertThat(harness.out(direction).trailers).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyThatOverflowsTheBufferIsRefused(Direction direction) {
    for (var callback : new Callback[] {headersOf(direction), bodyOf(direction)}) {
      var probe =
          new Probe("a")
              .answers(headersOf(direction), STOP_ITERATION)
              .answers(callback, STOP_ITERATION_AND_BUFFER);
      probe.bodyBuffer = 5;
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, false);
        harness.data(direction, "12345", false);
        assertThat(harness.client.headers).isNull();
        harness.data(direction, "6", false);
        assertThat(harness.client.status()).isEqualTo(tooLarge(direction));
        assertThat(harness.client.ended).isTrue();
        if (direction == Direction.RESPONSE) {
          assertThat(harness.upstream.reset).isNotNull();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWatermarkStopsReadingInstead(Direction direction) {
    var probe = new Probe("a").answers(headersOf(direction), STOP_ITERATION_AND_WATERMARK);
    probe.bodyBuffer = 5;
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "123", false);
      assertThat(harness.source(direction).consumed).isEqualTo(3);
      harness.data(direction, "456", false);
      harness.data(direction, "789", true);
      assertThat(harness.source(direction).consumed).isEqualTo(3);
      assertThat(harness.client.headers).isNull();
      probe.theStream().resume(direction);
      harness.turn();
      harness.written(direction);
      assertThat(harness.source(direction).consumed).isEqualTo(9);
      assertThat(harness.out(direction).body()).isEqualTo("123456789");
      assertThat(harness.out(direction).ended).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void headersCanEndTheStream(Direction direction) {
    var probe = new Probe("a").answers(headersOf(direction), CONTINUE_AND_END_STREAM);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false, "content-length", "3");
      assertThat(harness.out(direction).ended).isTrue();
      assertThat(harness.out(direction).header("content-length")).isNull();
      harness.data(direction, "one", true);
      assertThat(harness.source(direction).consumed).isEqualTo(3);
      assertThat(harness.out(direction).body()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyCanEndTheStream(Direction direction) {
    var probe = new Probe("a").answers(bodyOf(direction), CONTINUE_AND_END_STREAM);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      assertThat(harness.out(direction).ended).isTrue();
      harness.data(direction, "two", false);
      harness.trailers(direction);
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).trailers).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBufferedBodyIsShownWholeEachTime(Direction direction) {
    var probe =
        new Probe("a")
            .on(bodyOf(direction), call -> call.end() ? CONTINUE : STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      harness.data(direction, "two", false);
      assertThat(harness.out(direction).body()).isEmpty();
      harness.data(direction, "three", true);
      assertThat(harness.out(direction).body()).isEqualTo("onetwothree");
      assertThat(probe.calls)
          .containsSubsequence(
              word(direction) + " body one",
              word(direction) + " body onetwo",
              word(direction) + " body onetwothree end");
    }
  }

  @ParameterizedTest
  @EnumSource
  void resumePassesABufferedBodyWithoutShowingItAgain(Direction direction) {
    var probe = new Probe("a").answers(bodyOf(direction), STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", true);
      int calls = probe.calls.size();
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).ended).isTrue();
      assertThat(probe.calls).hasSize(calls);
    }
  }

  @ParameterizedTest
  @EnumSource
  void resumeInsideTheCallbackCountsAfterIt(Direction direction) {
    var probe =
        new Probe("a")
            .on(
                headersOf(direction),
                call -> {
                  call.stream().resume(direction);
                  return STOP_ITERATION_AND_WATERMARK;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      assertThat(harness.out(direction).headers).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFilterThatTakesTheBytesSendsItsOwn(Direction direction) {
    for (var status : new FilterStatus[] {STOP_ITERATION, STOP_ITERATION_NO_BUFFER}) {
      var probe = new Probe("a").answers(bodyOf(direction), status);
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, false);
        harness.data(direction, "one", true);
        assertThat(harness.source(direction).consumed).isEqualTo(3);
        assertThat(harness.out(direction).body()).isEmpty();
        probe.theStream().inject(direction, "eins ".getBytes(ISO_8859_1), false);
        probe.theStream().inject(direction, "zwei".getBytes(ISO_8859_1), true);
        harness.turn();
        assertThat(harness.out(direction).body()).isEqualTo("eins zwei");
        assertThat(harness.out(direction).ended).isTrue();
        probe.theStream().resume(direction);
        harness.turn();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void resumeAfterTakingTheBytesEndsTheStream(Direction direction) {
    var probe = new Probe("a").answers(bodyOf(direction), STOP_ITERATION_NO_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", true);
      probe.theStream().inject(direction, "x".getBytes(ISO_8859_1), false);
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(harness.out(direction).body()).isEqualTo("x");
      assertThat(harness.out(direction).ended).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void injectionInTheCallbackGoesBeforeWhatItPasses(Direction direction) {
    var probe =
        new Probe("a")
            .on(
                bodyOf(direction),
                call -> {
                  call.stream().inject(direction, "<".getBytes(ISO_8859_1), false);
                  return CONTINUE;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", true);
      assertThat(harness.out(direction).body()).isEqualTo("<one");
    }
  }

  @ParameterizedTest
  @EnumSource
  void stoppedTrailersHoldTheBodyThatWasHeld(Direction direction) {
    var probe =
        new Probe("a")
            .answers(bodyOf(direction), STOP_ITERATION_AND_BUFFER)
            .answers(trailersOf(direction), STOP_ITERATION);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      harness.trailers(direction);
      assertThat(harness.out(direction).body()).isEmpty();
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).trailers).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFilterWithoutTrailersCallbackSeesTheEndOfTheBody(Direction direction) {
    var probe =
        new Probe("a")
            .without(trailersOf(direction))
            .on(bodyOf(direction), call -> call.end() ? CONTINUE : STOP_ITERATION_AND_BUFFER);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false);
      harness.data(direction, "one", false);
      harness.trailers(direction);
      assertThat(probe.calls).contains(word(direction) + " body one end");
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).trailers).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFilterThatHoldsHeadersAndHasNoBodyCallbackHoldsTheBody(Direction direction) {
    var probe =
        new Probe("a")
            .without(bodyOf(direction), trailersOf(direction))
            .answers(headersOf(direction), STOP_ITERATION);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false, "content-length", "3");
      harness.data(direction, "one", true);
      assertThat(harness.out(direction).headers).isNull();
      probe.theStream().resume(direction);
      harness.turn();
      assertThat(harness.out(direction).body()).isEqualTo("one");
      assertThat(harness.out(direction).header("content-length")).isEqualTo("3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLengthIsCorrectedWhileHeadersAreHeld(Direction direction) {
    var probe =
        new Probe("a")
            .answers(headersOf(direction), STOP_ITERATION)
            .on(
                bodyOf(direction),
                call -> {
                  if (!call.end()) {
                    return STOP_ITERATION_AND_BUFFER;
                  }
                  call.theBody().set("changed".getBytes(ISO_8859_1));
                  return CONTINUE;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false, "content-length", "3");
      harness.data(direction, "o", false);
      harness.data(direction, "ne", true);
      assertThat(harness.out(direction).body()).isEqualTo("changed");
      assertThat(harness.out(direction).header("content-length")).isEqualTo("7");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLengthStaysWhereAFilterOnlyLooksAtTheBody(Direction direction) {
    for (var probe : List.of(new Probe("a"), new Probe("b").without(bodyOf(direction)))) {
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, false, "content-length", "3");
        assertThat(harness.out(direction).header("content-length")).isEqualTo("3");
        harness.data(direction, "o", false);
        harness.data(direction, "ne", true);
        assertThat(harness.out(direction).body()).isEqualTo("one");
        assertThat(harness.out(direction).ended).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyMayChangeItsLengthOnceTheFilterTookTheAnnouncementAway(Direction direction) {
    var probe =
        new Probe("a")
            .on(
                headersOf(direction),
                call -> {
                  call.theHeaders().remove("content-length");
                  return CONTINUE;
                })
            .on(bodyOf(direction), FilterStatusTest::lengthen);
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false, "content-length", "3");
      harness.data(direction, "one", true);
      assertThat(harness.out(direction).body()).isEqualTo("one, longer");
      assertThat(harness.out(direction).ended).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnnouncedLengthThatIsNotKeptFailsTheExchange(Direction direction) {
    for (var probe :
        List.of(
            new Probe("longer").on(bodyOf(direction), FilterStatusTest::lengthen),
            new Probe("shorter")
                .on(
                    bodyOf(direction),
                    call -> {
                      call.theBody().set(new byte[2]);
                      return CONTINUE;
                    }))) {
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, false, "content-length", "3");
        harness.data(direction, "one", true);
        harness.turn();
        assertThat(harness.out(direction).body()).isEmpty();
        assertThat(harness.out(direction).ended).isFalse();
        assertThat(probe.failures).singleElement().asString().contains("content-length");
      }
    }
  }

  private static FilterStatus lengthen(Probe.Call call) {
    call.theBody().set("one, longer".getBytes(ISO_8859_1));
    return CONTINUE;
  }

  @ParameterizedTest
  @EnumSource
  void aBodyThatWasEmptiedEndsWithTheHeaders(Direction direction) {
    var probe =
        new Probe("a")
            .answers(headersOf(direction), STOP_ITERATION)
            .on(
                bodyOf(direction),
                call -> {
                  call.theBody().set(new byte[0]);
                  return CONTINUE;
                });
    try (var harness = new ChainHarness(probe)) {
      harness.headers(direction, false, "content-length", "3");
      harness.data(direction, "one", true);
      assertThat(harness.out(direction).ended).isTrue();
      assertThat(harness.out(direction).header("content-length")).isEqualTo("0");
    }
  }

  @ParameterizedTest
  @EnumSource
  void trailersCanBeAddedWhereTheStreamEnds(Direction direction) {
    for (boolean inHeaders : new boolean[] {true, false}) {
      var probe =
          new Probe("a")
              .on(
                  inHeaders ? headersOf(direction) : bodyOf(direction),
                  call -> {
                    if (call.end()) {
                      call.stream().addTrailers(direction).add("x-added", "1");
                    }
                    return CONTINUE;
                  });
      try (var harness = new ChainHarness(probe)) {
        harness.headers(direction, inHeaders);
        if (!inHeaders) {
          harness.data(direction, "one", true);
        }
        var trailers = harness.out(direction).trailers;
        assertThat(trailers).isNotNull();
        assertThat(trailers == null ? null : trailers.get("x-added")).isEqualTo("1");
        assertThat(probe.failures).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFilterThatHoldsKeepsTheNextOnesFromSeeing(Direction direction) {
    var first = new Probe("a").answers(headersOf(direction), STOP_ITERATION_AND_WATERMARK);
    var second = new Probe("b");
    var chain =
        direction == Direction.REQUEST ? new Probe[] {first, second} : new Probe[] {second, first};
    try (var harness = new ChainHarness(chain)) {
      harness.headers(direction, false);
      harness.data(direction, "one", true);
      assertThat(second.calls).noneMatch(call -> call.startsWith(word(direction)));
      first.theStream().resume(direction);
      harness.turn();
      assertThat(second.calls).contains(word(direction) + " body one end");
      assertThat(harness.out(direction).body()).isEqualTo("one");
    }
  }

  @ParameterizedTest
  @EnumSource
  void changesOfHeadersAndTrailersAreSeenByTheNextOnes(Direction direction) {
    var first =
        new Probe("a")
            .on(headersOf(direction), call -> add(call.theHeaders()))
            .on(trailersOf(direction), call -> add(call.theHeaders()));
    try (var harness = new ChainHarness(first)) {
      harness.headers(direction, false);
      harness.trailers(direction);
      assertThat(harness.out(direction).header("x-seen")).isEqualTo("yes");
      var trailers = harness.out(direction).trailers;
      assertThat(trailers == null ? null : trailers.get("x-seen")).isEqualTo("yes");
    }
  }

  private static FilterStatus add(Headers headers) {
    headers.set("x-seen", "yes");
    return CONTINUE;
  }

  @ParameterizedTest
  @EnumSource
  void theOtherDirectionGoesOnWhileOneIsHeld(Direction direction) {
    if (direction == Direction.RESPONSE) {
      return; // the response is what goes on
    }
    var probe = new Probe("a").answers(Callback.REQUEST_BODY, STOP_ITERATION_AND_WATERMARK);
    try (var harness = new ChainHarness(probe)) {
      harness.request(false);
      harness.data(Direction.REQUEST, "held", false);
      harness.response(false);
      harness.data(Direction.RESPONSE, "answer", false);
      assertThat(harness.client.body()).isEqualTo("answer");
      assertThat(harness.upstream.body()).isEmpty();
    }
  }
}
