package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisNames;
import dev.sluice.state.internal.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps counters in a Redis server (6.2 or later), shared by all gateways that use it. An
 * exchange's limits are one script and one round trip; the server's clock is the only one. Each key
 * expires with what it counts, so a reservation whose gateway has died stays charged in full and
 * its slot frees itself, without anybody doing anything. What the server may have done without
 * saying so is put right when it is back: reservations are undone, and settled. Thread-safe.
 */
final class RedisCounters {
  private static final RedisScript SCRIPT = RedisScript.of(RedisCounters.class, "counters");

  /** Reservations that may be open in this process; more would be leaked by plugins. */
  private static final int MAX_OPEN = 1_000_000;

  private final RedisLink redis;
  private final RedisScript script;
  private final LongSupplier clock;
  private final ConcurrentMap<Long, Reservation> open = new ConcurrentHashMap<>();
  private final Arrears arrears = new Arrears(this::pay, this::now);
  private final AtomicLong ids;

  /** Begins the names of this process' reservations. */
  private final String names = UUID.randomUUID().toString().substring(0, 18) + '.';

  /**
   * Is an amount taken until somebody says what was really used.
   *
   * @param expires by the server's clock
   * @param forget by this process' clock
   */
  private record Reservation(
      String scope,
      List<RedisLimit> limits,
      String name,
      byte[] record,
      long expires,
      long forget) {
    Arrears.Item unsettled(long amount, long known) {
      return new Arrears.Item("settle", amount, limits, record, name, known, forget);
    }
  }

  /**
   * Counts nothing yet.
   *
   * @param firstReservation reservations have numbers above this
   */
  RedisCounters(RedisLink redis, long firstReservation) {
    this(redis, firstReservation, SCRIPT, System::currentTimeMillis);
  }

  /**
   * Counts nothing yet.
   *
   * @param clock the time in milliseconds since 1970: of this process, not the server's
   */
  RedisCounters(RedisLink redis, long firstReservation, RedisScript script, LongSupplier clock) {
    this.redis = redis;
    this.script = script;
    this.clock = clock;
    ids = new AtomicLong(firstReservation);
    redis.whenBack(arrears::retry);
  }

  /** Opens the counters of an owner. */
  Counters open(String scope, Executor executor) {
    return new Opened(scope, executor);
  }

  /** Is what one caller holds. */
  private final class Opened implements Counters {
    private final String scope;
    private final Executor executor;

    Opened(String scope, Executor executor) {
      this.scope = scope;
      this.executor = executor;
    }

    @Override
    public void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion) {
      var tag = CounterArguments.check(limits, amount);
      CounterArguments.checkAddable(limits);
      var keys = RedisLimit.all(prefix(tag), limits);
      answer(
          run("add", keys, null, amount, 0, ""),
          answer -> RedisLimit.left(keys, answer),
          completion);
    }

    @Override
    public void peek(List<Limit> limits, Completion<List<Remaining>> completion) {
      var keys = RedisLimit.all(prefix(CounterArguments.check(limits, 0)), limits);
      answer(
          run("peek", keys, null, 0, 0, ""), answer -> RedisLimit.left(keys, answer), completion);
    }

    /** Braces first: this is what chooses the slot. */
    private String prefix(String tag) {
      return "sluice:{c:" + RedisNames.hash(scope + '\n' + tag) + "}:";
    }

    @Override
    public void reserve(
        List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion) {
      var prefix = prefix(CounterArguments.check(limits, amount));
      CounterArguments.time("expiry", expiry);
      if (open.size() >= MAX_OPEN) {
        throw new ServiceException(
            Reason.LIMIT, "counters: more than " + MAX_OPEN + " open reservations");
      }
      var keys = RedisLimit.all(prefix, limits);
      long id = ids.incrementAndGet();
      var name = names + Long.toString(id, 36);
      var record = RedisNames.bytes(prefix + "r:" + name);
      long millis = expiry.toMillis();
      long forget = clock.getAsLong() + millis;
      boolean wasUp = redis.isUp();
      var call =
          run("reserve", keys, record, amount, millis, name)
              .whenComplete(
                  (answer, error) -> {
                    if (wasUp && isUnanswered(error)) {
                      arrears.add(new Arrears.Item("undo", 0, keys, record, name, millis, forget));
                    }
                  });
      answer(
          call,
          answer -> {
            var left = RedisLimit.left(keys, answer);
            if (answer.get(0) == 0) {
              return new Decision(false, 0, left);
            }
            long expires = answer.get(1) + millis;
            open.put(id, new Reservation(scope, keys, name, record, expires, forget));
            return new Decision(true, id, left);
          },
          completion);
    }

    @Override
    public void settle(long reservation, long amount, Completion<List<Remaining>> completion) {
      CounterArguments.amount("amount", amount);
      var taken = open.get(reservation);
      if (taken == null || !taken.scope.equals(scope) || !open.remove(reservation, taken)) {
        executor.execute(() -> completion.failed(CounterArguments.notOpen(reservation)));
        return;
      }
      boolean wasUp = redis.isUp();
      var call =
          run("settle", taken.limits, taken.record, amount, taken.expires, taken.name)
              .whenComplete(
                  (answer, error) -> {
                    if (isUnanswered(error)) {
                      long known = wasUp ? 0 : taken.expires;
                      arrears.add(taken.unsettled(amount, known));
                    }
                  });
      answer(
          call,
          answer -> {
            if (answer.get(0) == 0) {
              throw CounterArguments.notOpen(reservation);
            }
            return RedisLimit.left(taken.limits, answer);
          },
          completion);
    }

    @Override
    public void release(long reservation, Completion<List<Remaining>> completion) {
      settle(reservation, 0, completion);
    }

    private <A, T> void answer(
        CompletableFuture<A> call, Function<A, T> read, Completion<T> completion) {
      BiConsumer<@Nullable T, @Nullable Throwable> finish =
          (result, error) -> {
            if (result != null) {
              executor.execute(() -> completion.succeeded(result));
            } else {
              var failure = failure(error);
              executor.execute(() -> completion.failed(failure));
            }
          };
      var unused = call.thenApply(read).whenComplete(finish);
    }
  }

  private static ServiceException failure(@Nullable Throwable error) {
    var cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof ServiceException known
        ? known
        : new ServiceException(Reason.INTERNAL, "counters: redis: " + cause);
  }

  /** Returns whether a call failed so that the server may have done it, or may do it later. */
  static boolean isUnanswered(@Nullable Throwable error) {
    var reason = error == null ? Reason.INTERNAL : failure(error).reason();
    return reason == Reason.TIMEOUT || reason == Reason.UNAVAILABLE;
  }

  private CompletableFuture<List<Long>> run(
      String what,
      List<RedisLimit> limits,
      byte @Nullable [] record,
      long amount,
      long time,
      String name) {
    var keys = new ArrayList<byte[]>(limits.size() + 1);
    var arguments = new ArrayList<byte[]>(4 + 4 * limits.size());
    arguments.add(RedisNames.bytes(what));
    arguments.add(RedisNames.bytes(amount));
    arguments.add(RedisNames.bytes(time));
    arguments.add(RedisNames.bytes(name));
    long now = clock.getAsLong();
    for (var limit : limits) {
      keys.add(limit.key());
      limit.describe(arguments, now);
    }
    if (record != null) {
      keys.add(record);
    }
    return redis.run(script, ScriptOutputType.MULTI, keys, arguments);
  }

  private long now() {
    return clock.getAsLong();
  }

  private CompletableFuture<?> pay(Arrears.Item item) {
    return run(item.what(), item.limits(), item.record(), item.amount(), item.time(), item.name());
  }

  /** Forgets reservations that nobody ended in time: Redis has charged them already. */
  void sweep() {
    long now = clock.getAsLong();
    open.values().removeIf(reservation -> now >= reservation.forget);
    if (redis.isUp()) {
      arrears.retry();
    }
  }

  /** Returns how many reservations are open or have still to be settled. */
  int openReservations() {
    return open.size() + arrears.size();
  }
}
