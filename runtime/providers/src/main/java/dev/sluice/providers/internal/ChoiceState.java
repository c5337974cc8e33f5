package dev.sluice.providers.internal;

import java.util.concurrent.atomic.LongAdder;

/** Is what is counted of a choice by content, over configurations. Thread-safe. */
final class ChoiceState {
  final LongAdder calls = new LongAdder();

  /** Is what a choice is known by. */
  record Id(String model, String choice) {}
}
