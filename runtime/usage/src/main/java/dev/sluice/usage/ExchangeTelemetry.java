package dev.sluice.usage;

import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.Tracer;
import dev.sluice.usage.internal.OtlpTelemetry;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans of exchanges and metrics of LLM exchanges to a collector. What is sent is gathered in
 * a bounded queue and sent in batches by a thread of its own; what does not fit is dropped and
 * counted. Thread-safe.
 */
public interface ExchangeTelemetry extends AutoCloseable {
  /** Starts it; a collector that cannot be reached is no error. */
  static ExchangeTelemetry start(OtlpSettings settings) {
    return new OtlpTelemetry(settings);
  }

  /** Returns what puts exchanges into traces, or null when no spans are sent. */
  @Nullable Tracer tracer();

  /**
   * Takes in an exchange that has ended. Called on its loop.
   *
   * @param usage its record, or null off AI routes
   */
  void ended(ExchangeRecord exchange, @Nullable UsageRecord usage);

  /** Returns how many spans were dropped, because the queue was full. */
  long droppedSpans();

  /** Returns how many spans the collector did not take. */
  long failedSpans();

  /** Sends what is left, for a few seconds at most. */
  @Override
  void close();
}
