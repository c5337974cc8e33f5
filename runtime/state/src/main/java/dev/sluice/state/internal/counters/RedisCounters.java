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
import java.time.Instant;
import java.time.ZoneId;
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
import org.jspecify.annotations.Nullable;

/**
 * Keeps counters in a Redis server (6.2 or later), shared by all gateways that use it. An
 * exchange's limits are one script and one round trip; the server's clock is the only one. Each key
 * expires with what it counts, so a reservation whose gateway has died stays charged in full and
 * its slot frees itself, without anybody doing anything. Thread-safe.
 */
final class RedisCounters {
  private static final RedisScript SCRIPT = RedisScript.of(RedisCounters.class, "counters");

  /** Reservations that may be open in this process; more would be leaked by plugins. */
  private static final int MAX_OPEN = 1_000_000;

  private final RedisLink redis;
  private final ConcurrentMap<Long, Reservation> open = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong();

  /**
   * Is an amount taken until somebody says what was really used.
   *
   * @param name of it in Redis
   * @param expires by the server's clock
   * @param forget by this process' clock, for the map alone
   */
  private record Reservation(
      String scope,
      List<Limit> limits,
      String name,
      long amount,
      long expires,
      long[] stamps,
      long forget) {}

  private record Limit(Counters.Limit limit, byte[] key) {}

  RedisCounters(RedisLink redis) {
    this.redis = redis;
  }

  /** Opens the counters of an owner. */
  Counters open(String scope, Executor executor) {
    return new Opened(scope, executor);
  }

  /** Returns whether a reservation was made here and has not ended. */
  boolean has(long reservation) {
    return open.containsKey(reservation);
  }

  /** Is what one caller holds. */
  private final class Opened implements Counters {
    private final String scope;
    private final Executor executor;

    Opened(String scope, Executor executor) {
      this.scope = scope;
      this.executor = executor;
    }

    private List<RedisCounters.Limit> keys(String tag, List<Counters.Limit> limits) {
      // Braces first: this is what chooses the slot.
      var prefix = "sluice:{c:" + RedisNames.hash(scope + '\n' + tag) + "}:";
      var keys = new ArrayList<RedisCounters.Limit>(limits.size());
      for (var limit : limits) {
        var name = prefix + window(limit.window()) + ':' + limit.key();
        keys.add(new RedisCounters.Limit(limit, RedisNames.bytes(name)));
      }
      return keys;
    }

    @Override
    public void add(
        List<Counters.Limit> limits, long amount, Completion<List<Remaining>> completion) {
      var tag = CounterArguments.check(limits, amount);
      CounterArguments.checkAddable(limits);
      var keys = keys(tag, limits);
      answer(
          run("add", keys, amount, 0, "", 0, new long[limits.size()]),
          answer -> remaining(keys, answer),
          completion);
    }

    @Override
    public void peek(List<Counters.Limit> limits, Completion<List<Remaining>> completion) {
      var keys = keys(CounterArguments.check(limits, 0), limits);
      answer(
          run("peek", keys, 0, 0, "", 0, new long[limits.size()]),
          answer -> remaining(keys, answer),
          completion);
    }

    @Override
    public void reserve(
        List<Counters.Limit> limits,
        long amount,
        Duration expiry,
        Completion<Decision> completion) {
      var keys = keys(CounterArguments.check(limits, amount), List.copyOf(limits));
      CounterArguments.time("expiry", expiry);
      if (open.size() >= MAX_OPEN) {
        throw new ServiceException(
            Reason.LIMIT, "counters: more than " + MAX_OPEN + " open reservations");
      }
      var name = UUID.randomUUID().toString();
      answer(
          run("reserve", keys, amount, expiry.toMillis(), name, 0, new long[limits.size()]),
          answer -> {
            var left = remaining(keys, answer);
            if (answer.get(0) == 0) {
              return new Decision(false, 0, left);
            }
            long id = ids.incrementAndGet();
            var stamps = new long[keys.size()];
            for (int i = 0; i < stamps.length; i++) {
              stamps[i] = answer.get(2 + 3 * i + 2);
            }
            long expires = answer.get(1) + expiry.toMillis();
            long forget = System.currentTimeMillis() + expiry.toMillis();
            open.put(id, new Reservation(scope, keys, name, amount, expires, stamps, forget));
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
      answer(
          run(
              "settle",
              taken.limits,
              amount,
              taken.expires,
              taken.name,
              taken.amount,
              taken.stamps),
          answer -> {
            if (answer.get(0) == 0) {
              throw CounterArguments.notOpen(reservation);
            }
            return remaining(taken.limits, answer);
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

  private static String window(Counters.Window window) {
    return switch (window) {
      case Counters.Window.Fixed fixed -> fixed.unit() + "@" + fixed.zone();
      case Counters.Window.Sliding sliding -> "last" + sliding.length().toMillis();
      case Counters.Window.TokenBucket bucket -> "rate" + bucket.perSecond();
      case Counters.Window.Concurrency slots -> "slots" + slots.expiry().toMillis();
    };
  }

  private CompletableFuture<List<Long>> run(
      String what,
      List<Limit> limits,
      long amount,
      long time,
      String name,
      long reserved,
      long[] stamps) {
    var keys = new ArrayList<byte[]>(limits.size());
    var arguments = new ArrayList<byte[]>(5 + 5 * limits.size());
    arguments.add(RedisNames.bytes(what));
    arguments.add(RedisNames.bytes(amount));
    arguments.add(RedisNames.bytes(time));
    arguments.add(RedisNames.bytes(name));
    arguments.add(RedisNames.bytes(reserved));
    for (int i = 0; i < stamps.length; i++) {
      var limit = limits.get(i);
      keys.add(limit.key());
      describe(limit.limit().window(), arguments);
      arguments.add(RedisNames.bytes(limit.limit().amount()));
      arguments.add(RedisNames.bytes(stamps[i]));
    }
    return redis.run(SCRIPT, ScriptOutputType.MULTI, keys, arguments);
  }

  private static void describe(Counters.Window window, List<byte[]> arguments) {
    switch (window) {
      case Counters.Window.Fixed fixed -> describe(fixed, arguments);
      case Counters.Window.Sliding sliding ->
          add(arguments, "s", Long.toString(sliding.length().toMillis()), 0);
      case Counters.Window.TokenBucket bucket ->
          add(arguments, "b", Double.toString(bucket.perSecond()), 0);
      case Counters.Window.Concurrency slots -> add(arguments, "n", "", slots.expiry().toMillis());
    }
  }

  /** The server knows no time zones: it is told where the units around this time begin. */
  private static void describe(Counters.Window.Fixed fixed, List<byte[]> arguments) {
    long now = System.currentTimeMillis();
    long unit =
        switch (fixed.unit()) {
          case "second" -> 1000;
          case "minute" -> 60_000;
          case "hour" -> 3_600_000;
          default -> 0;
        };
    if (unit > 0) {
      var rules = ZoneId.of(fixed.zone()).getRules();
      long offset = rules.getOffset(Instant.ofEpochMilli(now)).getTotalSeconds() * 1000L;
      add(arguments, "f", Long.toString(unit), offset);
      return;
    }
    var current = Calendar.span(fixed, now);
    var before = Calendar.span(fixed, current.start() - 1);
    var after = Calendar.span(fixed, current.end());
    var moments = before.start() + "," + current.start() + "," + current.end() + "," + after.end();
    add(arguments, "f", moments, 0);
  }

  private static void add(List<byte[]> arguments, String kind, String parameter, long number) {
    arguments.add(RedisNames.bytes(kind));
    arguments.add(RedisNames.bytes(parameter));
    arguments.add(RedisNames.bytes(number));
  }

  private static List<Counters.Remaining> remaining(List<Limit> limits, List<Long> answer) {
    var all = new ArrayList<Counters.Remaining>(limits.size());
    for (int i = 0; i < limits.size(); i++) {
      all.add(
          new Counters.Remaining(
              limits.get(i).limit(),
              answer.get(2 + 3 * i),
              Instant.ofEpochMilli(answer.get(2 + 3 * i + 1))));
    }
    return all;
  }

  /** Forgets reservations that nobody ended in time: Redis has charged them already. */
  void sweep() {
    long now = System.currentTimeMillis();
    open.values().removeIf(reservation -> now >= reservation.forget);
  }

  int openReservations() {
    return open.size();
  }
}
