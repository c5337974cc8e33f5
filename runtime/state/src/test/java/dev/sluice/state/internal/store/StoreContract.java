package dev.sluice.state.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.state.testing.Answers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store does wherever it is kept, by a clock that nobody steps. */
abstract class StoreContract {
  private String scope = "";
  private StoreCaller store;

  /** Opens the values of an owner. */
  abstract Store open(String scope, long maxBytes);

  @BeforeEach
  void openNew() {
    scope = UUID.randomUUID().toString();
    store = new StoreCaller(open(scope, 1 << 20));
  }

  private static void refused(Reason reason, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ServiceException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(message);
  }

  @Test
  void keepsAndForgets() {
    assertThat(store.get("k")).isEqualTo("nothing");
    long first = store.set("k", "one");
    assertThat(store.get("k")).isEqualTo("one");
    long second = store.set("k", "two:2");
    assertThat(store.entry("k").orElseThrow().version()).isEqualTo(second).isNotEqualTo(first);
    assertThat(store.get("k")).isEqualTo("two:2");
    assertThat(first).isNotZero();

    assertThat(store.delete("k")).isTrue();
    assertThat(store.delete("k")).isFalse();
    assertThat(store.get("k")).isEqualTo("nothing");
  }

  @Test
  void keepsBytesAsTheyAre() {
    var bytes = new byte[256];
    for (int i = 0; i < 256; i++) {
      bytes[i] = (byte) i;
    }
    long version = Answers.<Long>await(done -> store.store().set("ключ \0 {x}", bytes, null, done));
    bytes[0] = 77;

    var entry = store.entry("ключ \0 {x}").orElseThrow();
    assertThat(entry.version()).isEqualTo(version);
    assertThat(entry.value()).hasSize(256).startsWith(0, 1, 2);
    assertThat(store.set("empty", "")).isPositive();
    assertThat(store.get("empty")).isEmpty();
  }

  @Test
  void forgetsAValueWhoseTimeIsOver() {
    store.set("short", "1", Duration.ofMillis(300));
    store.set("long", "1", Duration.ofHours(1));
    assertThat(store.get("short")).isEqualTo("1");

    await().until(() -> store.get("short").equals("nothing"));

    assertThat(store.get("long")).isEqualTo("1");
    store.set("long", "2", Duration.ofMillis(1));
    store.set("long", "3");
    await().during(Duration.ofMillis(100)).until(() -> store.get("long").equals("3"));
  }

  @Test
  void setsOnlyWhatIsAsExpected() {
    long version = store.compareAndSet("k", "one", 0);
    refused(Reason.CAS_MISMATCH, "(expected: 0)", () -> store.compareAndSet("k", "x", 0));
    long next = store.compareAndSet("k", "two", version);
    assertThat(next).isNotEqualTo(version);
    refused(
        Reason.CAS_MISMATCH,
        "key \"k\" has version " + next + " (expected: " + version + ")",
        () -> store.compareAndSet("k", "x", version));
    store.delete("k");
    refused(Reason.CAS_MISMATCH, "has version 0", () -> store.compareAndSet("k", "x", next));
    assertThat(store.compareAndSet("k", "three", 0)).isNotEqualTo(version).isNotEqualTo(next);
  }

  @Test
  void losesNoUpdateOfManyAtOnce() throws Exception {
    store.set("sum", "0");
    var done = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        done.add(threads.submit(() -> increment(new StoreCaller(open(scope, 1 << 20)), 100)));
      }
    }
    for (var each : done) {
      each.get();
    }
    assertThat(store.get("sum")).isEqualTo("400");
  }

  private static void increment(StoreCaller store, int times) {
    for (int i = 0; i < times; i++) {
      boolean written = false;
      while (!written) {
        var entry = store.entry("sum").orElseThrow();
        var next = Integer.parseInt(new String(entry.value(), StandardCharsets.UTF_8)) + 1;
        try {
          store.compareAndSet("sum", Integer.toString(next), entry.version());
          written = true;
        } catch (ServiceException e) {
          assertThat(e.reason()).isEqualTo(Reason.CAS_MISMATCH);
        }
      }
    }
  }

  @Test
  void letsOneHoldALock() {
    var lock = store.lock("l", Duration.ofMinutes(1)).orElseThrow();
    assertThat(store.lock("l", Duration.ofMinutes(1))).isEmpty();
    assertThat(store.lock("other", Duration.ofMinutes(1))).isPresent();
    assertThat(store.unlock(new Store.Lock("l", lock.fence() + 1))).isFalse();

    assertThat(store.unlock(lock)).isTrue();
    assertThat(store.unlock(lock)).isFalse();

    assertThat(store.lock("l", Duration.ofMinutes(1)).orElseThrow().fence())
        .isGreaterThan(lock.fence());
  }

  @Test
  void freesALockWhoseHolderIsGone() {
    var lock = store.lock("l", Duration.ofMillis(200)).orElseThrow();

    await().until(() -> store.lock("l", Duration.ofHours(1)).isPresent());

    assertThat(store.unlock(lock)).as("came late").isFalse();
    assertThat(store.lock("l", Duration.ofHours(1))).as("is still held").isEmpty();
  }

  @Test
  void keepsOwnersApart() {
    store.set("k", "mine");
    var other = new StoreCaller(open(scope + "2", 1 << 20));
    assertThat(other.get("k")).isEqualTo("nothing");
    assertThat(other.lock("l", Duration.ofHours(1))).isPresent();
    assertThat(store.lock("l", Duration.ofHours(1))).isPresent();
    assertThat(new StoreCaller(open(scope, 1 << 20)).get("k")).isEqualTo("mine");
  }

  @Test
  void makesRoomByWhatWasUsedLeast() {
    var small = new StoreCaller(open(scope + "small", 4_000));
    for (int i = 0; i < 50; i++) {
      small.set("k" + i, "x".repeat(300));
      small.get("k0");
    }
    long there = IntStream.range(0, 50).filter(i -> small.get("k" + i).length() == 300).count();
    assertThat(there).isBetween(5L, 9L);
    assertThat(small.get("k0")).as("used all the time").hasSize(300);
    refused(
        Reason.LIMIT,
        "a value of 5000 bytes, with its key 5133 (expected: at most 4000, limits.storeBytes)",
        () -> small.set("large", "x".repeat(5000)));
  }

  @Test
  void refusesWhatCannotBeKept() {
    refused(Reason.BAD_ARGUMENT, "a key of 0 bytes (expected: 1..1024)", () -> store.get(""));
    refused(Reason.BAD_ARGUMENT, "a key of 1026 bytes", () -> store.set("ä".repeat(513), "v"));
    refused(Reason.BAD_ARGUMENT, "ttl: PT0S", () -> store.set("k", "v", Duration.ZERO));
    refused(Reason.BAD_ARGUMENT, "expiry: PT-1S", () -> store.lock("k", Duration.ofSeconds(-1)));
  }
}
