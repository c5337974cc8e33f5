package dev.sluice.state.internal.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store.Entry;
import dev.sluice.plugin.host.Store.Lock;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the values of one owner in memory; what was used least makes room for what is new. Locks
 * are never thrown away before their time. Thread-safe.
 */
final class StoreShelf {
  private static final int MAX_LOCKS = 100_000;

  private final Ticker ticker;
  private final Cache<String, Kept> values;
  private final ConcurrentMap<String, Held> locks = new ConcurrentHashMap<>();

  /** Versions and fences: above those of a process that ran before. */
  private final AtomicLong numbers = new AtomicLong(System.currentTimeMillis() * 1000);

  /**
   * Is a value.
   *
   * @param nanos how long it stays, from when it was written
   */
  private record Kept(byte[] value, long version, long nanos, int weight) {}

  private record Held(long fence, long until) {}

  /** Lets each value stay as long as it was given. */
  private static final class Lifetime implements Expiry<String, Kept> {
    @Override
    public long expireAfterCreate(String key, Kept kept, long now) {
      return kept.nanos;
    }

    @Override
    public long expireAfterUpdate(String key, Kept kept, long now, long left) {
      return kept.nanos;
    }

    @Override
    public long expireAfterRead(String key, Kept kept, long now, long left) {
      return left;
    }
  }

  StoreShelf(long maxBytes, Ticker ticker) {
    this.ticker = ticker;
    values =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((String key, Kept kept) -> kept.weight)
            .expireAfter(new Lifetime())
            .ticker(ticker)
            .executor(Runnable::run)
            .recordStats()
            .build();
  }

  /** Sets how many bytes values may take from now on. */
  void bound(long maxBytes) {
    values
        .policy()
        .eviction()
        .filter(eviction -> eviction.getMaximum() != maxBytes)
        .ifPresent(eviction -> eviction.setMaximum(maxBytes));
  }

  Optional<Entry> get(String key) {
    var kept = values.getIfPresent(key);
    return kept == null
        ? Optional.empty()
        : Optional.of(new Entry(kept.value.clone(), kept.version));
  }

  long set(String key, byte[] value, long ttlMillis) {
    var kept = kept(key, value, ttlMillis);
    values.put(key, kept);
    return kept.version;
  }

  long compareAndSet(String key, byte[] value, long expected, long ttlMillis) {
    var kept = kept(key, value, ttlMillis);
    var after =
        values
            .asMap()
            .compute(
                key,
                (k, before) -> (before == null ? 0 : before.version) == expected ? kept : before);
    if (after == null || after.version != kept.version) {
      throw StoreArguments.mismatch(key, expected, after == null ? 0 : after.version);
    }
    return kept.version;
  }

  private Kept kept(String key, byte[] value, long ttlMillis) {
    long size =
        key.getBytes(StandardCharsets.UTF_8).length + value.length + StoreArguments.OVERHEAD;
    return new Kept(
        value.clone(),
        numbers.incrementAndGet(),
        ttlMillis == 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(ttlMillis),
        (int) Math.min(Integer.MAX_VALUE, size));
  }

  boolean delete(String key) {
    return values.asMap().remove(key) != null;
  }

  Optional<Lock> lock(String key, long millis) {
    long now = ticker.read();
    if (locks.size() >= MAX_LOCKS) {
      locks.values().removeIf(held -> held.until - now <= 0);
      if (locks.size() >= MAX_LOCKS) {
        throw new ServiceException(Reason.LIMIT, "store: more than " + MAX_LOCKS + " locks");
      }
    }
    var mine = new Held(numbers.incrementAndGet(), now + TimeUnit.MILLISECONDS.toNanos(millis));
    var holder =
        locks.compute(key, (k, held) -> held == null || held.until - now <= 0 ? mine : held);
    return holder.fence == mine.fence ? Optional.of(new Lock(key, mine.fence)) : Optional.empty();
  }

  boolean unlock(Lock lock) {
    var held = locks.get(lock.key());
    return held != null
        && held.fence == lock.fence()
        && locks.remove(lock.key(), held)
        && held.until - ticker.read() > 0;
  }

  long items() {
    return values.estimatedSize();
  }

  long bytes() {
    return values.policy().eviction().map(e -> e.weightedSize().orElse(0)).orElse(0L);
  }

  long evictions() {
    return values.stats().evictionCount();
  }
}
