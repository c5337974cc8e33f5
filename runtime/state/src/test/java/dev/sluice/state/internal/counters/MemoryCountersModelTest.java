package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters;
import java.util.Random;

/** Holds counters in memory against the model. */
class MemoryCountersModelTest extends CountersModelContract {
  private final MemoryCounters memory = new MemoryCounters(clock::get, 0);

  @Override
  Counters open(String scope) {
    return memory.open(scope, 64 << 20, Runnable::run);
  }

  @Override
  void sweep() {
    memory.sweep();
  }

  @Override
  long slotEnd(long now, long until) {
    return Cell.slotEnd(now, until);
  }

  /** Any time from 1990 to 2040. */
  @Override
  long begin(Random random) {
    return random.nextLong(631_152_000_000L, 2_208_988_800_000L);
  }

  @Override
  int rounds() {
    return 60;
  }
}
