package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.util.List;

/** Checks what callers pass, the same for every place that counters are kept in. */
final class CounterArguments {
  private static final int MAX_LIMITS = 16;
  private static final int MAX_KEY = 1024;
  private static final Duration MAX_TIME = Duration.ofDays(400);

  private CounterArguments() {}

  /** Checks limits that are taken together, and returns the tag that their keys share. */
  static String check(List<Limit> limits, long amount) {
    if (limits.isEmpty() || limits.size() > MAX_LIMITS) {
      throw refused(limits.size() + " limits (expected: 1.." + MAX_LIMITS + ")");
    }
    amount("amount", amount);
    var tag = tag(limits.getFirst().key());
    for (int i = 0; i < limits.size(); i++) {
      var limit = limits.get(i);
      check(limit);
      if (i > 0 && !hasTag(limit.key(), tag)) {
        throw refused(
            "keys \""
                + limits.getFirst().key()
                + "\" and \""
                + limit.key()
                + "\" are taken together (expected: the same {tag} in all keys)");
      }
      for (int j = 0; j < i; j++) {
        if (limit.key().equals(limits.get(j).key())
            && limit.window().equals(limits.get(j).window())) {
          throw refused("key \"" + limit.key() + "\" is taken twice (expected: once)");
        }
      }
    }
    return tag;
  }

  private static void check(Limit limit) {
    int length = limit.key().length();
    if (length < 1 || length > MAX_KEY) {
      throw refused("a key of " + length + " characters (expected: 1.." + MAX_KEY + ")");
    }
    amount("amount of " + limit.key(), limit.amount());
    switch (limit.window()) {
      case Window.Fixed fixed -> check(limit.key(), fixed);
      case Window.Sliding sliding -> time("length of " + limit.key(), sliding.length());
      case Window.TokenBucket bucket -> {
        if (!(bucket.perSecond() >= 1e-6 && bucket.perSecond() <= 1e12)) {
          throw refused(
              "perSecond of "
                  + limit.key()
                  + ": "
                  + bucket.perSecond()
                  + " (expected: 0.000001..1000000000000)");
        }
      }
      case Window.Concurrency slots -> time("expiry of " + limit.key(), slots.expiry());
    }
  }

  private static void check(String key, Window.Fixed fixed) {
    if (!Calendar.UNITS.contains(fixed.unit())) {
      throw refused(
          "unit of "
              + key
              + ": \""
              + fixed.unit()
              + "\" (expected: one of "
              + Calendar.UNITS
              + ")");
    }
    if (!Calendar.isZone(fixed.zone())) {
      throw refused(
          "zone of "
              + key
              + ": \""
              + fixed.zone()
              + "\" (expected: a time zone such as UTC or Europe/Berlin)");
    }
  }

  static void amount(String what, long amount) {
    if (amount < 0 || amount > Cell.MOST) {
      throw refused(what + ": " + amount + " (expected: 0.." + Cell.MOST + ")");
    }
  }

  static void time(String what, Duration time) {
    if (time.toMillis() < 1 || time.compareTo(MAX_TIME) > 0) {
      throw refused(what + ": " + time + " (expected: 1 ms to 400 days)");
    }
  }

  /** Slots are held by somebody, who gives them back: they cannot be added. */
  static void checkAddable(List<Limit> limits) {
    for (var limit : limits) {
      if (limit.window() instanceof Window.Concurrency) {
        throw refused("key \"" + limit.key() + "\" counts slots (expected: reserve, not add)");
      }
    }
  }

  /** Returns what stands between the first braces (as in Redis Cluster), else the whole key. */
  static String tag(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    return close <= open + 1 ? key : key.substring(open + 1, close);
  }

  private static boolean hasTag(String key, String tag) {
    int open = key.indexOf('{');
    return (open >= 0
            && key.startsWith(tag, open + 1)
            && key.indexOf('}', open + 1) == open + 1 + tag.length())
        || tag(key).equals(tag);
  }

  static ServiceException notOpen(long reservation) {
    return new ServiceException(
        Reason.NOT_FOUND,
        "counters: reservation " + reservation + " is not open (settled, released or expired)");
  }

  static ServiceException refused(String message) {
    return new ServiceException(Reason.BAD_ARGUMENT, "counters: " + message);
  }
}
