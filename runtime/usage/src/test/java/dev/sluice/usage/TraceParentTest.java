package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Headers;
import dev.sluice.usage.internal.TraceParent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @Test
  void continuesTheTraceOfTheCaller() {
    var headers =
        Headers.of("traceparent", "00-" + TRACE + "-" + SPAN + "-01", "tracestate", "a=1");

    var context = new TraceParent(0).begin(headers);

    assertThat(context.traceId()).isEqualTo(TRACE);
    assertThat(context.parentSpanId()).isEqualTo(SPAN);
    assertThat(context.sampled()).isTrue();
    assertThat(headers.get("traceparent"))
        .isEqualTo("00-" + TRACE + "-" + context.upstreamSpanId() + "-01");
    assertThat(headers.get("tracestate")).isEqualTo("a=1");
  }

  @Test
  void keepsTheDecisionOfTheCaller() {
    var headers = Headers.of("traceparent", "00-" + TRACE + "-" + SPAN + "-00");

    assertThat(new TraceParent(1).begin(headers).sampled()).isFalse();
    assertThat(headers.get("traceparent")).endsWith("-00");
  }

  @Test
  void understandsLaterVersions() {
    var headers = Headers.of("traceparent", "cc-" + TRACE + "-" + SPAN + "-01-what-the-future");

    assertThat(new TraceParent(1).begin(headers).traceId()).isEqualTo(TRACE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01"
      })
  void beginsATraceWhereThereIsNoValidOne(String given) {
    var headers = Headers.of("traceparent", given, "tracestate", "a=1");

    var context = new TraceParent(1).begin(headers);

    assertThat(context.parentSpanId()).isEmpty();
    assertThat(context.traceId()).matches("[0-9a-f]{32}").isNotEqualTo(TRACE);
    assertThat(headers.getAll("traceparent"))
        .containsExactly("00-" + context.traceId() + "-" + context.upstreamSpanId() + "-01");
    assertThat(headers.contains("tracestate")).isFalse();
  }

  @Test
  void keepsAShareOfTheTracesThatBeginHere() {
    var tracer = new TraceParent(0.25);
    int kept = 0;
    for (int i = 0; i < 4000; i++) {
      kept += tracer.begin(new Headers()).sampled() ? 1 : 0;
    }

    assertThat(kept).isBetween(700, 1300);
    assertThat(new TraceParent(0).begin(new Headers()).sampled()).isFalse();
  }
}
