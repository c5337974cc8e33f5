package dev.sluice.state.internal.store;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Keeps values in memory: the work is done on the caller's thread. Thread-safe. */
final class MemoryStore {
  private final Ticker ticker;
  private final ConcurrentMap<String, StoreShelf> shelves = new ConcurrentHashMap<>();

  MemoryStore(Ticker ticker) {
    this.ticker = ticker;
  }

  /** Opens the values of an owner; the bytes are those of the last to open them. */
  Store open(String scope, long maxBytes, Executor executor) {
    var shelf = shelves.computeIfAbsent(scope, name -> new StoreShelf(maxBytes, ticker));
    shelf.bound(maxBytes);
    return new Opened(shelf, maxBytes, executor);
  }

  /** Is what one caller holds. */
  private record Opened(StoreShelf shelf, long maxBytes, Executor executor) implements Store {
    @Override
    public void get(String key, Completion<Optional<Entry>> completion) {
      StoreArguments.key(key);
      answer(shelf.get(key), completion);
    }

    @Override
    public void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> completion) {
      StoreArguments.size(StoreArguments.key(key), value, maxBytes);
      answer(shelf.set(key, value, StoreArguments.millis("ttl", ttl)), completion);
    }

    @Override
    public void compareAndSet(
        String key,
        byte[] value,
        long expected,
        @Nullable Duration ttl,
        Completion<Long> completion) {
      StoreArguments.size(StoreArguments.key(key), value, maxBytes);
      long millis = StoreArguments.millis("ttl", ttl);
      long version;
      try {
        version = shelf.compareAndSet(key, value, expected, millis);
      } catch (ServiceException e) {
        executor.execute(() -> completion.failed(e));
        return;
      }
      answer(version, completion);
    }

    @Override
    public void delete(String key, Completion<Boolean> completion) {
      StoreArguments.key(key);
      answer(shelf.delete(key), completion);
    }

    @Override
    public void lock(String key, Duration expiry, Completion<Optional<Lock>> completion) {
      StoreArguments.key(key);
      answer(shelf.lock(key, StoreArguments.millis("expiry", expiry)), completion);
    }

    @Override
    public void unlock(Lock lock, Completion<Boolean> completion) {
      answer(shelf.unlock(lock), completion);
    }

    private <T> void answer(T value, Completion<T> completion) {
      executor.execute(() -> completion.succeeded(value));
    }
  }

  /** Returns what owners keep. */
  List<ServiceUsage> usage() {
    var usage = new ArrayList<ServiceUsage>();
    shelves.forEach(
        (scope, shelf) ->
            usage.add(new ServiceUsage(scope, shelf.items(), shelf.bytes(), shelf.evictions())));
    return usage;
  }
}
