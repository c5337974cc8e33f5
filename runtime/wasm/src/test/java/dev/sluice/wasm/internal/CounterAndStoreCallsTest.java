package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static dev.sluice.wasm.internal.DirectCalls.OUT_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls counters and the store as guests do; the test answers. */
class CounterAndStoreCallsTest {
  /** Keeps where the answer is, at 620. */
  private static final String GUEST =
      """
      (import "env" "proxy_get_buffer_bytes"
        (func $bytes (param i32 i32 i32 i32 i32) (result i32)))
      (func (export "proxy_on_foreign_function") (param $root i32) (param $id i32) (param $size i32)
        (drop (call $bytes (i32.const 8) (i32.const 0) (local.get $size)
          (i32.const 620) (i32.const 624))))
      """;

  private static final byte FIXED = 0;
  private static final byte SLIDING = 1;
  private static final byte BUCKET = 2;
  private static final byte SLOTS = 3;
  private static final byte NO = 0;
  private static final byte YES = 1;

  private final TestPlugin plugin = TestPlugin.of(GUEST);
  private final DirectCalls calls = new DirectCalls(plugin);
  private final HttpFilter filter = plugin.filter(new FakeExchange());
  private final List<String> asked = new ArrayList<>();
  private @Nullable Completion<?> completion;

  @BeforeEach
  void start() {
    calls.in(filter);
    plugin.services.counters = new FakeCounters();
    plugin.services.store = new FakeStore();
  }

  @AfterEach
  void close() {
    plugin.close();
  }

  private void ask(Completion<?> then, Object... what) {
    var words = new StringBuilder();
    for (var each : what) {
      words.append(words.isEmpty() ? "" : " ").append(each);
    }
    asked.add(words.toString());
    completion = then;
  }

  /** Remembers what it is asked. */
  private final class FakeCounters implements Counters {
    @Override
    public void add(List<Limit> limits, long amount, Completion<List<Remaining>> then) {
      ask(then, "add", limits, amount);
    }

    @Override
    public void reserve(
        List<Limit> limits, long amount, Duration expiry, Completion<Decision> then) {
      ask(then, "reserve", limits, amount, expiry);
    }

    @Override
    public void settle(long reservation, long amount, Completion<List<Remaining>> then) {
      ask(then, "settle", reservation, amount);
    }

    @Override
    public void release(long reservation, Completion<List<Remaining>> then) {
      ask(then, "release", reservation);
    }

    @Override
    public void peek(List<Limit> limits, Completion<List<Remaining>> then) {
      ask(then, "peek", limits);
    }
  }

  /** Remembers what it is asked. */
  private final class FakeStore implements Store {
    @Override
    public void get(String key, Completion<Optional<Entry>> then) {
      ask(then, "get", key);
    }

    @Override
    public void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> then) {
      ask(then, "set", key, new String(value, StandardCharsets.UTF_8), String.valueOf(ttl));
    }

    @Override
    public void compareAndSet(
        String key, byte[] value, long expected, @Nullable Duration ttl, Completion<Long> then) {
      var text = new String(value, StandardCharsets.UTF_8);
      ask(then, "compareAndSet", key, text, expected, String.valueOf(ttl));
    }

    @Override
    public void delete(String key, Completion<Boolean> then) {
      ask(then, "delete", key);
    }

    @Override
    public void lock(String key, Duration expiry, Completion<Optional<Lock>> then) {
      ask(then, "lock", key, expiry);
    }

    @Override
    public void unlock(Lock lock, Completion<Boolean> then) {
      ask(then, "unlock", lock.key(), lock.fence());
    }
  }

  private static Counters.Remaining left(long remaining, long resets) {
    var limit = new Counters.Limit("k", new Counters.Window.TokenBucket(1), 1);
    return new Counters.Remaining(limit, remaining, Instant.ofEpochMilli(resets));
  }

  @Test
  void countsInEachKindOfWindow() {
    started(
        "sluice.counters.add",
        Wire.of(
            4,
            "{t}a",
            10L,
            FIXED,
            "day",
            "Europe/Berlin",
            "{t}b",
            20L,
            SLIDING,
            60_000L,
            "{t}c",
            30L,
            BUCKET,
            0.5,
            "{t}d",
            40L,
            SLOTS,
            5_000L,
            7L));
    answer(List.of(left(3, 1_700_000_000_000L), left(-4, 0)));

    assertThat(asked)
        .containsExactly(
            "add [Limit[key={t}a, window=Fixed[unit=day, zone=Europe/Berlin], amount=10],"
                + " Limit[key={t}b, window=Sliding[length=PT1M], amount=20],"
                + " Limit[key={t}c, window=TokenBucket[perSecond=0.5], amount=30],"
                + " Limit[key={t}d, window=Concurrency[expiry=PT5S], amount=40]] 7");
    assertThat(answered()).isEqualTo(Wire.of(0, 2, 3L, 1_700_000_000_000L, -4L, 0L));
  }

  @Test
  void reservesSettlesAndReleases() {
    byte[] reserve = Wire.of(1, "k", 10L, SLIDING, 1_000L, 5L, 60_000L);
    started("sluice.counters.reserve", reserve);
    answer(new Counters.Decision(true, 77, List.of(left(5, 9))));
    assertThat(answered()).isEqualTo(Wire.of(0, YES, 77L, 1, 5L, 9L));
    started("sluice.counters.reserve", reserve);
    answer(new Counters.Decision(false, 0, List.of(left(0, 9))));
    assertThat(answered()).isEqualTo(Wire.of(0, NO, 0L, 1, 0L, 9L));
    started("sluice.counters.settle", Wire.of(77L, 8L));
    answer(List.of(left(2, 9)));
    assertThat(answered()).isEqualTo(Wire.of(0, 1, 2L, 9L));
    started("sluice.counters.release", Wire.of(78L));
    fail(Reason.NOT_FOUND);
    assertThat(answered()).isEqualTo(Wire.of(AbiStatus.NOT_FOUND));
    started("sluice.counters.peek", Wire.of(1, "k", 10L, SLIDING, 1_000L));

    var limit = "[Limit[key=k, window=Sliding[length=PT1S], amount=10]]";
    assertThat(asked)
        .containsExactly(
            "reserve " + limit + " 5 PT1M",
            "reserve " + limit + " 5 PT1M",
            "settle 77 8",
            "release 78",
            "peek " + limit);
  }

  @Test
  void givesBackWhatAStreamReservedThatIsGone() {
    started("sluice.counters.reserve", Wire.of(1, "k", 10L, SLIDING, 1_000L, 5L, 60_000L));
    var reserving = completion;
    started("sluice.store.lock", Wire.of("l", 1_000L));
    var locking = completion;
    filter.onDestroy();

    completion = reserving;
    answer(new Counters.Decision(true, 77, List.of()));
    completion = locking;
    answer(Optional.of(new Store.Lock("l", 9)));

    assertThat(asked).endsWith("release 77", "unlock l 9");
  }

  @Test
  void keepsValues() {
    started("sluice.store.get", Wire.of("k"));
    answer(Optional.of(new Store.Entry("value".getBytes(StandardCharsets.UTF_8), 5)));
    assertThat(answered()).isEqualTo(Wire.of(0, YES, "value", 5L));
    started("sluice.store.get", Wire.of("k"));
    answer(Optional.empty());
    assertThat(answered()).isEqualTo(Wire.of(0, NO));
    started("sluice.store.set", Wire.of("k", "value", YES, 1_500L));
    answer(6L);
    assertThat(answered()).isEqualTo(Wire.of(0, 6L));
    started("sluice.store.compareAndSet", Wire.of("k", "other", 6L, NO));
    fail(Reason.CAS_MISMATCH);
    assertThat(answered()).isEqualTo(Wire.of(AbiStatus.CAS_MISMATCH));
    started("sluice.store.delete", Wire.of("k"));
    answer(true);
    assertThat(answered()).isEqualTo(Wire.of(0, YES));
    started("sluice.store.lock", Wire.of("k", 2_000L));
    answer(Optional.of(new Store.Lock("k", 9)));
    assertThat(answered()).isEqualTo(Wire.of(0, YES, 9L));
    started("sluice.store.lock", Wire.of("k", 2_000L));
    answer(Optional.empty());
    assertThat(answered()).isEqualTo(Wire.of(0, NO));
    started("sluice.store.unlock", Wire.of("k", 9L));
    answer(false);
    assertThat(answered()).isEqualTo(Wire.of(0, NO));

    assertThat(asked)
        .containsExactly(
            "get k",
            "get k",
            "set k value PT1.5S",
            "compareAndSet k other 6 null",
            "delete k",
            "lock k PT2S",
            "lock k PT2S",
            "unlock k 9");
  }

  @Test
  void refusesWhatCannotBeReadOrWasNotGranted() {
    assertThat(foreign("sluice.counters.peek", Wire.of(1, "k", 10L, (byte) 4)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sluice.counters.peek", Wire.of(1, "key", 10L, (byte) 4, 1L)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(plugin.services.lines.getLast())
        .contains("the kind 4 of a window (expected: 0 fixed");
    assertThat(foreign("sluice.store.get", Wire.of("k", 1))).isEqualTo(AbiStatus.BAD_ARGUMENT);
    plugin.services.counters = null;
    plugin.services.store = null;
    assertThat(foreign("sluice.counters.release", Wire.of(1L)))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(foreign("sluice.store.get", Wire.of("k"))).isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(asked).isEmpty();
  }

  private void started(String name, byte[] arguments) {
    assertThat(foreign(name, arguments)).isZero();
    assertThat(calls.outBytes()).hasSize(5).startsWith(1);
  }

  private int foreign(String name, byte[] arguments) {
    return calls.call("proxy_call_foreign_function", name, arguments, OUT, OUT_SIZE);
  }

  @SuppressWarnings("unchecked")
  private void answer(Object value) {
    ((Completion<Object>) Objects.requireNonNull(completion)).succeeded(value);
  }

  private void fail(Reason reason) {
    Objects.requireNonNull(completion).failed(new ServiceException(reason, "because " + reason));
  }

  private byte[] answered() {
    var memory = plugin.guest().memory();
    return memory.copyOf(
        GuestMemory.get32(memory.bytes(), 620), GuestMemory.get32(memory.bytes(), 624));
  }
}
