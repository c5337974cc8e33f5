package dev.sluice.usage;

import dev.sluice.ai.Price;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.proxy.AiFacts.AiAttempt;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/** Makes usage records. */
final class Records {
  static final Instant DAY = Instant.parse("2026-11-29T10:00:00Z");
  private static final Price PRICE =
      Price.of(
          new BigDecimal("2.5"),
          new BigDecimal("1.25"),
          null,
          BigDecimal.TEN,
          null,
          1_000_000,
          "USD");

  private Records() {}

  static UsageRecord record(String consumer, String model, Usage usage) {
    return record(consumer, model, "openai", DAY, usage, 200, AiEnd.Outcome.COMPLETE);
  }

  static UsageRecord record(
      String consumer,
      String model,
      String provider,
      Instant at,
      Usage usage,
      int status,
      AiEnd.Outcome outcome) {
    var attempt = new AiAttempt(provider, model + "-1", "up", status, "", 5_000_000, 80_000_000);
    return new UsageRecord(
        "id",
        at.getEpochSecond() * 1_000_000_000L,
        consumer,
        "llm",
        "openai.chat",
        model,
        model + "-1",
        model + "-2026",
        provider,
        true,
        usage,
        PRICE.cost(usage),
        "USD",
        outcome,
        status,
        "",
        "stop",
        "chatcmpl-1",
        provider.isEmpty() ? List.of() : List.of(attempt),
        10_000_000,
        7_000_000,
        90_000_000);
  }
}
