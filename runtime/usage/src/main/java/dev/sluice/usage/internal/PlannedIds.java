package dev.sluice.usage.internal;

import io.opentelemetry.sdk.trace.IdGenerator;

/**
 * Gives spans the ids that were chosen when their exchange began: upstreams have learnt them by
 * then, the span is made when the exchange has ended.
 */
final class PlannedIds implements IdGenerator {
  private static final class Plan {
    String trace = "";
    String span = "";
  }

  private final ThreadLocal<Plan> plans = ThreadLocal.withInitial(Plan::new);

  /** Sets the ids of the next span of this thread. */
  void plan(String trace, String span) {
    var plan = plans.get();
    plan.trace = trace;
    plan.span = span;
  }

  @Override
  public String generateSpanId() {
    return plans.get().span;
  }

  @Override
  public String generateTraceId() {
    return plans.get().trace;
  }
}
