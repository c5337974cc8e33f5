package dev.sluice.state.internal.store;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Store;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Takes every value and lock and keeps none ({@code onUnavailable: allow}). */
record Unkept(Executor executor) implements Store {
  @Override
  public void get(String key, Completion<Optional<Entry>> completion) {
    StoreArguments.key(key);
    answer(Optional.empty(), completion);
  }

  @Override
  public void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> completion) {
    StoreArguments.key(key);
    StoreArguments.millis("ttl", ttl);
    answer(1L, completion);
  }

  @Override
  public void compareAndSet(
      String key,
      byte[] value,
      long expected,
      @Nullable Duration ttl,
      Completion<Long> completion) {
    StoreArguments.millis("ttl", ttl);
    if (expected == 0) {
      set(key, value, ttl, completion);
      return;
    }
    var mismatch = StoreArguments.mismatch(key, expected, 0);
    executor.execute(() -> completion.failed(mismatch));
  }

  @Override
  public void delete(String key, Completion<Boolean> completion) {
    StoreArguments.key(key);
    answer(false, completion);
  }

  @Override
  public void lock(String key, Duration expiry, Completion<Optional<Lock>> completion) {
    StoreArguments.key(key);
    StoreArguments.millis("expiry", expiry);
    answer(Optional.of(new Lock(key, 1)), completion);
  }

  @Override
  public void unlock(Lock lock, Completion<Boolean> completion) {
    answer(false, completion);
  }

  private <T> void answer(T value, Completion<T> completion) {
    executor.execute(() -> completion.succeeded(value));
  }
}
