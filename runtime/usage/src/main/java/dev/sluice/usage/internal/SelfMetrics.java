package dev.sluice.usage.internal;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;

/** Reads what OpenTelemetry counts of itself: what did not get through. Thread-safe. */
final class SelfMetrics implements MetricReader {
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private volatile CollectionRegistration registration = CollectionRegistration.noop();

  /** Returns the sum over all points of a counter that name an error. */
  long errors(String counter) {
    long sum = 0;
    for (var metric : registration.collectAllMetrics()) {
      if (metric.getName().equals(counter)) {
        for (var point : metric.getLongSumData().getPoints()) {
          sum += point.getAttributes().get(ERROR) == null ? 0 : point.getValue();
        }
      }
    }
    return sum;
  }

  @Override
  public void register(CollectionRegistration with) {
    registration = with;
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType instrument) {
    return AggregationTemporality.CUMULATIVE;
  }

  @Override
  public CompletableResultCode forceFlush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
