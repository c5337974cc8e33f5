package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.state.internal.redis.RedisNames;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

/** Is a limit with the key of its counter in Redis. */
record RedisLimit(Limit limit, byte[] key) {
  /** Returns limits whose keys begin with what chooses their slot. */
  static List<RedisLimit> all(String prefix, List<Limit> limits) {
    var all = new ArrayList<RedisLimit>(limits.size());
    for (var limit : limits) {
      var name = prefix + window(limit.window()) + ':' + limit.key();
      all.add(new RedisLimit(limit, RedisNames.bytes(name)));
    }
    return all;
  }

  private static String window(Window window) {
    return switch (window) {
      case Window.Fixed fixed -> fixed.unit() + "@" + fixed.zone();
      case Window.Sliding sliding -> "last" + sliding.length().toMillis();
      case Window.TokenBucket bucket -> "rate" + bucket.perSecond();
      case Window.Concurrency slots -> "slots" + slots.expiry().toMillis();
    };
  }

  /**
   * Adds what the script is told: the kind of the window, two parameters, the amount.
   *
   * @param now in milliseconds since 1970, about
   */
  void describe(List<byte[]> arguments, long now) {
    switch (limit.window()) {
      case Window.Fixed fixed -> describe(fixed, arguments, now);
      case Window.Sliding sliding ->
          add(arguments, "s", Long.toString(sliding.length().toMillis()), 0);
      case Window.TokenBucket bucket -> add(arguments, "b", Double.toString(bucket.perSecond()), 0);
      case Window.Concurrency slots -> add(arguments, "n", "", slots.expiry().toMillis());
    }
    arguments.add(RedisNames.bytes(limit.amount()));
  }

  /** The server knows no time zones: it is told where the units around this time begin. */
  private static void describe(Window.Fixed fixed, List<byte[]> arguments, long now) {
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

  /** Reads what the script answered. */
  static List<Remaining> left(List<RedisLimit> limits, List<Long> answer) {
    var all = new ArrayList<Remaining>(limits.size());
    for (int i = 0; i < limits.size(); i++) {
      all.add(
          new Remaining(
              limits.get(i).limit(),
              answer.get(2 + 2 * i),
              Instant.ofEpochMilli(answer.get(2 + 2 * i + 1))));
    }
    return all;
  }
}
