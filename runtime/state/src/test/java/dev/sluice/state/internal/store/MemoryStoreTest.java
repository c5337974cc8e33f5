package dev.sluice.state.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sluice.plugin.host.Store;
import org.junit.jupiter.api.Test;

/** Keeps values in memory. */
class MemoryStoreTest extends StoreContract {
  private final MemoryStore memory = new MemoryStore(Ticker.systemTicker());

  @Override
  Store open(String scope, long maxBytes) {
    return memory.open(scope, maxBytes, Runnable::run);
  }

  @Test
  void tellsWhatItKeeps() {
    var store = new StoreCaller(open("usage", 10_000));
    for (int i = 0; i < 100; i++) {
      store.set("k" + i, "x".repeat(872 - ("k" + i).length()));
    }
    var usage =
        memory.usage().stream().filter(u -> u.scope().equals("usage")).findFirst().orElseThrow();

    assertThat(usage.bytes()).isEqualTo(usage.items() * 1000).isLessThanOrEqualTo(10_000);
    assertThat(usage.evictions()).isEqualTo(100 - usage.items());
  }

  @Test
  void followsAChangedLimit() {
    var store = new StoreCaller(open("bound", 10_000));
    for (int i = 0; i < 9; i++) {
      store.set("k" + i, "x".repeat(800));
    }
    var smaller = new StoreCaller(open("bound", 3_000));
    smaller.set("last", "x".repeat(800));

    assertThat(memory.usage().stream().filter(u -> u.scope().equals("bound")).findFirst())
        .hasValueSatisfying(u -> assertThat(u.bytes()).isLessThanOrEqualTo(3_000));
  }
}
