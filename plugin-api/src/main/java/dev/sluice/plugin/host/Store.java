package dev.sluice.plugin.host;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps values by key, separately for each {@code vmConfig.vmId}, in memory or in Redis. Keys are 1
 * to 1,024 bytes of UTF-8. What a plugin keeps is bounded by {@code limits.storeBytes}: a value
 * that is little used makes room for others, at any time; locks stay for their time.
 */
public interface Store {
  /** Is a value with its version, which changes at every write and is never 0. */
  record Entry(byte[] value, long version) {}

  /**
   * Is a held lock.
   *
   * @param fence grows with every acquisition of the same lock; passed to whoever must refuse a
   *     holder that came late
   */
  record Lock(String key, long fence) {}

  /** Reads a key. */
  void get(String key, Completion<Optional<Entry>> completion);

  /** Writes a key, with a time to live or null for none. Answers the new version. */
  void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> completion);

  /**
   * Writes a key when its version is {@code expected} (0: when it is absent); CAS_MISMATCH
   * otherwise.
   */
  void compareAndSet(
      String key, byte[] value, long expected, @Nullable Duration ttl, Completion<Long> completion);

  /** Deletes a key and answers whether it was there. */
  void delete(String key, Completion<Boolean> completion);

  /**
   * Takes a lock that frees itself at {@code expiry}; empty when another holds it: for one caller
   * that fills a cache while the others wait or go on.
   */
  void lock(String key, Duration expiry, Completion<Optional<Lock>> completion);

  /** Frees a lock; answers false when it had expired. */
  void unlock(Lock lock, Completion<Boolean> completion);
}
