package dev.sluice.state.internal.store;

import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Store.Entry;
import dev.sluice.plugin.host.Store.Lock;
import dev.sluice.state.testing.Answers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls a store and waits for the answers. */
record StoreCaller(Store store) {
  Optional<Entry> entry(String key) {
    return Answers.await(done -> store.get(key, done));
  }

  String get(String key) {
    return entry(key).map(e -> new String(e.value(), StandardCharsets.UTF_8)).orElse("nothing");
  }

  long set(String key, String value, @Nullable Duration ttl) {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    return Answers.<Long>await(done -> store.set(key, bytes, ttl, done));
  }

  long set(String key, String value) {
    return set(key, value, null);
  }

  long compareAndSet(String key, String value, long expected) {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    return Answers.<Long>await(done -> store.compareAndSet(key, bytes, expected, null, done));
  }

  boolean delete(String key) {
    return Answers.<Boolean>await(done -> store.delete(key, done));
  }

  Optional<Lock> lock(String key, Duration expiry) {
    return Answers.await(done -> store.lock(key, expiry, done));
  }

  boolean unlock(Lock lock) {
    return Answers.<Boolean>await(done -> store.unlock(lock, done));
  }
}
