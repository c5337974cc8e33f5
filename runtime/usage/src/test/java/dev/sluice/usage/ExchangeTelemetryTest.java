package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.proxy.TraceContext;
import dev.sluice.usage.testing.OtlpCollector;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sends to a collector that is a server of its own and decodes what came. */
class ExchangeTelemetryTest {
  private static final Usage USAGE = new Usage(1000, 200, 50, 10, false, 100);

  private OtlpCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new OtlpCollector();
  }

  @AfterEach
  void close() {
    collector.close();
  }

  private ExchangeTelemetry telemetry() {
    return ExchangeTelemetry.start(
        new OtlpSettings(
            URI.create(collector.url() + "/"),
            Map.of("authorization", "Bearer hush"),
            Duration.ofSeconds(5),
            true,
            1,
            true,
            Duration.ofHours(1),
            Map.of("service.name", "sluice", "deployment.environment", "test")));
  }

  private static TraceContext begin(ExchangeTelemetry telemetry, Headers headers) {
    return Objects.requireNonNull(telemetry.tracer()).begin(headers);
  }

  private static String hex(Span span) {
    return HexFormat.of().formatHex(span.getSpanId().toByteArray());
  }

  @Test
  void tellsWhatTheClientAndWhatTheModelWasAsked() {
    TraceContext trace;
    try (var telemetry = telemetry()) {
      trace =
          begin(
              telemetry,
              Headers.of("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
      telemetry.ended(new EndedExchange(trace), Records.record("team-a", "gpt-4o", USAGE));
    }

    assertThat(collector.spans()).hasSize(2);
    var client = collector.spans().getFirst();
    var server = collector.spans().getLast();
    assertThat(List.of(client, server))
        .allSatisfy(
            span ->
                assertThat(HexFormat.of().formatHex(span.getTraceId().toByteArray()))
                    .isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736"));
    assertThat(hex(server)).isEqualTo(trace.spanId());
    assertThat(HexFormat.of().formatHex(server.getParentSpanId().toByteArray()))
        .isEqualTo("00f067aa0ba902b7");
    assertThat(hex(client)).isEqualTo(trace.upstreamSpanId());
    assertThat(client.getParentSpanId()).isEqualTo(server.getSpanId());
    assertThat(server.getName()).isEqualTo("POST llm");
    assertThat(server.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    assertThat(OtlpCollector.attributes(server.getAttributesList()))
        .contains(
            entry("http.request.method", "POST"),
            entry("http.response.status_code", "200"),
            entry("url.path", "/v1/chat/completions"),
            entry("network.protocol.version", "2"));
    assertThat(client.getName()).isEqualTo("chat gpt-4o");
    assertThat(client.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
    assertThat(client.getEndTimeUnixNano() - client.getStartTimeUnixNano()).isEqualTo(90_000_000);
    assertThat(OtlpCollector.attributes(client.getAttributesList()))
        .contains(
            entry("gen_ai.operation.name", "chat"),
            entry("gen_ai.provider.name", "openai"),
            entry("gen_ai.request.model", "gpt-4o"),
            entry("gen_ai.response.model", "gpt-4o-2026"),
            entry("gen_ai.response.id", "chatcmpl-1"),
            entry("gen_ai.response.finish_reasons", "[stop]"),
            entry("gen_ai.usage.input_tokens", "1000"),
            entry("gen_ai.usage.output_tokens", "50"),
            entry("gen_ai.usage.cache_read.input_tokens", "200"),
            entry("gen_ai.usage.cache_creation.input_tokens", "100"),
            entry("gen_ai.usage.reasoning.output_tokens", "10"),
            entry("gen_ai.response.time_to_first_chunk", "0.01"),
            entry("sluice.consumer", "team-a"),
            entry("sluice.cost", "0.00275"),
            entry("server.port", "4711"));
    assertThat(collector.spans().toString()).doesNotContain("hush");
    assertThat(collector.resource())
        .contains(entry("service.name", "sluice"), entry("deployment.environment", "test"));
    assertThat(collector.headers().getFirst())
        .containsEntry("Authorization", List.of("Bearer hush"));
  }

  @Test
  void reportsTheMetricsOfTheConventions() {
    try (var telemetry = telemetry()) {
      for (int i = 0; i < 3; i++) {
        telemetry.ended(new EndedExchange(null), Records.record("team-a", "gpt-4o", USAGE));
      }
    }

    var tokens = collector.metric("gen_ai.client.token.usage").getLast();
    assertThat(tokens.getUnit()).isEqualTo("{token}");
    assertThat(tokens.getHistogram().getDataPointsList())
        .hasSize(2)
        .allSatisfy(
            point -> {
              var attributes = OtlpCollector.attributes(point.getAttributesList());
              assertThat(attributes)
                  .contains(
                      entry("gen_ai.operation.name", "chat"),
                      entry("gen_ai.provider.name", "openai"),
                      entry("gen_ai.request.model", "gpt-4o"));
              boolean input = "input".equals(attributes.get("gen_ai.token.type"));
              assertThat(point.getCount()).isEqualTo(3);
              assertThat(point.getSum()).isEqualTo(input ? 3000 : 150);
              assertThat(point.getExplicitBoundsList()).contains(1.0, 4.0, 67108864.0);
            });
    for (var name :
        List.of(
            "gen_ai.client.operation.duration",
            "gen_ai.server.request.duration",
            "gen_ai.server.time_to_first_token",
            "gen_ai.server.time_per_output_token")) {
      var metric = collector.metric(name).getLast();
      assertThat(metric.getUnit()).isEqualTo("s");
      assertThat(metric.getHistogram().getDataPoints(0).getCount()).isEqualTo(3);
    }
    assertThat(collector.metric("sluice.ai.cost").getLast().getSum().getDataPoints(0).getAsDouble())
        .isBetween(0.00824, 0.00826);
    assertThat(collector.spans()).as("in no trace").isEmpty();
  }

  @Test
  void whatIsNotSampledIsNotSent() {
    try (var telemetry = telemetry()) {
      var headers =
          Headers.of("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
      telemetry.ended(new EndedExchange(begin(telemetry, headers)), null);
    }

    assertThat(collector.spans()).isEmpty();
  }

  @Test
  void countsWhatACollectorDoesNotTake() {
    collector.answer(400);
    try (var telemetry = telemetry()) {
      telemetry.ended(new EndedExchange(begin(telemetry, new Headers())), null);

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(telemetry.failedSpans()).isEqualTo(2));
      assertThat(telemetry.droppedSpans()).isZero();
    }
  }

  @Test
  void dropsAndCountsWhatDoesNotFit() {
    var url = collector.url();
    collector.close();
    var settings =
        new OtlpSettings(
            URI.create(url),
            Map.of(),
            Duration.ofSeconds(2),
            true,
            1,
            false,
            Duration.ofHours(1),
            Map.of());
    try (var telemetry = ExchangeTelemetry.start(settings)) {
      for (int i = 0; i < 50_000; i++) {
        telemetry.ended(new EndedExchange(begin(telemetry, new Headers())), null);
      }

      assertThat(telemetry.droppedSpans()).isPositive().isLessThan(100_000);
    }
  }
}
