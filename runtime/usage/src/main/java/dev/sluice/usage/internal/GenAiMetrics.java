package dev.sluice.usage.internal;

import dev.sluice.usage.UsageFigures;
import dev.sluice.usage.UsageRecord;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.util.Locale;

/** Records LLM exchanges in the metrics of the GenAI conventions. Thread-safe. */
final class GenAiMetrics {
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("gen_ai.operation.name");
  private static final AttributeKey<String> PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  private static final AttributeKey<String> TYPE = AttributeKey.stringKey("gen_ai.token.type");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> CURRENCY = AttributeKey.stringKey("sluice.currency");

  private final LongHistogram tokens;
  private final DoubleHistogram duration;
  private final DoubleHistogram request;
  private final DoubleHistogram firstToken;
  private final DoubleHistogram perToken;
  private final DoubleCounter cost;

  GenAiMetrics(Meter meter) {
    tokens =
        meter
            .histogramBuilder("gen_ai.client.token.usage")
            .ofLongs()
            .setUnit("{token}")
            .setDescription("Tokens of an exchange by type")
            .setExplicitBucketBoundariesAdvice(UsageFigures.TOKEN_BOUNDS)
            .build();
    duration =
        seconds(meter, "gen_ai.client.operation.duration", "From the request to the answer's end");
    request = seconds(meter, "gen_ai.server.request.duration", "Time of the last attempt");
    firstToken = seconds(meter, "gen_ai.server.time_to_first_token", "Time to the first content");
    perToken = seconds(meter, "gen_ai.server.time_per_output_token", "From one token to the next");
    cost =
        meter
            .counterBuilder("sluice.ai.cost")
            .ofDoubles()
            .setDescription("What exchanges cost, rounded; /ai/usage has it exactly")
            .build();
  }

  private static DoubleHistogram seconds(Meter meter, String name, String description) {
    return meter
        .histogramBuilder(name)
        .setUnit("s")
        .setDescription(description)
        .setExplicitBucketBoundariesAdvice(UsageFigures.SECOND_BOUNDS)
        .build();
  }

  void add(UsageRecord record) {
    var builder =
        Attributes.builder()
            .put(OPERATION, record.operation())
            .put(PROVIDER, record.provider())
            .put(MODEL, record.attempts().isEmpty() ? "" : record.requestedModel());
    if (record.failed()) {
      builder.put(ERROR, error(record));
    }
    var attributes = builder.build();
    duration.record(record.durationNanos() / 1e9, attributes);
    if (!record.attempts().isEmpty()) {
      request.record(record.attempts().getLast().totalNanos() / 1e9, attributes);
    }
    var usage = record.usage();
    if (usage.input() > 0 || usage.output() > 0) {
      tokens.record(usage.input(), attributes.toBuilder().put(TYPE, "input").build());
      tokens.record(usage.output(), attributes.toBuilder().put(TYPE, "output").build());
    }
    long first = record.firstTokenNanos();
    if (first >= 0) {
      firstToken.record(first / 1e9, attributes);
      if (usage.output() > 1) {
        perToken.record((record.durationNanos() - first) / 1e9 / (usage.output() - 1), attributes);
      }
    }
    var money = record.cost();
    if (money != null && money.signum() > 0) {
      cost.add(
          money.doubleValue(), attributes.toBuilder().put(CURRENCY, record.currency()).build());
    }
  }

  private static String error(UsageRecord record) {
    if (!record.code().isEmpty()) {
      return record.code();
    }
    var outcome = record.outcome();
    return record.status() >= 400 || outcome == null
        ? Integer.toString(record.status())
        : outcome.name().toLowerCase(Locale.ROOT);
  }
}
