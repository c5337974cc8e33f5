package dev.sluice.control.internal;

import static dev.sluice.control.internal.AccessLogEntry.number;
import static dev.sluice.control.internal.AccessLogEntry.text;

import dev.sluice.usage.UsageRecord;
import java.util.Locale;

/** Writes what an LLM exchange used into its line of the access log. */
final class UsageFields {
  private UsageFields() {}

  /** Appends the field {@code ai} with an object. */
  static void append(StringBuilder out, UsageRecord usage) {
    var tokens = usage.usage();
    var outcome = usage.outcome();
    out.append(",\"ai\":{\"operation\":\"").append(usage.operation()).append('"');
    filled(out, "protocol", usage.protocol());
    filled(out, "requestedModel", usage.requestedModel());
    filled(out, "model", usage.model());
    filled(out, "answeredModel", usage.answeredModel());
    filled(out, "provider", usage.provider());
    out.append(",\"stream\":").append(usage.stream());
    text(out, "outcome", outcome == null ? null : outcome.name().toLowerCase(Locale.ROOT));
    filled(out, "finishReason", usage.finishReason());
    filled(out, "responseId", usage.responseId());
    number(out, "inputTokens", tokens.input());
    number(out, "cachedInputTokens", tokens.cachedInput());
    number(out, "cacheWriteTokens", tokens.cacheWrites());
    number(out, "outputTokens", tokens.output());
    number(out, "reasoningTokens", tokens.reasoning());
    out.append(",\"estimated\":").append(tokens.estimated());
    var cost = usage.cost();
    if (cost != null) {
      out.append(",\"cost\":").append(cost.stripTrailingZeros().toPlainString());
      text(out, "currency", usage.currency());
    }
    if (usage.firstTokenNanos() >= 0) {
      number(out, "firstTokenMicros", usage.firstTokenNanos() / 1_000);
    }
    attempts(out, usage);
    out.append('}');
  }

  private static void attempts(StringBuilder out, UsageRecord usage) {
    if (usage.attempts().isEmpty()) {
      return;
    }
    out.append(",\"attempts\":[");
    char separator = ' ';
    for (var attempt : usage.attempts()) {
      if (separator == ',') {
        out.append(',');
      }
      separator = ',';
      out.append("{\"status\":").append(attempt.status());
      filled(out, "provider", attempt.provider());
      filled(out, "model", attempt.model());
      filled(out, "failure", attempt.failure());
      number(out, "durationMicros", attempt.totalNanos() / 1_000);
      out.append('}');
    }
    out.append(']');
  }

  private static void filled(StringBuilder out, String name, String value) {
    text(out, name, value.isEmpty() ? null : value);
  }
}
