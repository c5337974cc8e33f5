package dev.sluice.providers.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Is how a model of a provider fares, over all loops and reloads. */
final class TargetState {
  final Breaker breaker = new Breaker();
  final Latency latency = new Latency();
  final AtomicInteger active = new AtomicInteger();
  final LongAdder attempts = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder ejections = new LongAdder();
}
