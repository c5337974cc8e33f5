package dev.sluice.usage;

import dev.sluice.usage.UsageQuery.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Adds up usage by consumer, model, provider, route and day (UTC). Each loop has sums of its own,
 * which only it writes, so an exchange waits for nobody. What is kept is bounded by days and by
 * sums; when there are too many, what is new is added to {@link #OTHER}, so that totals stay right.
 * Thread-safe.
 */
public final class UsageLedger {
  /** Stands for consumers and models of which there are too many. */
  public static final String OTHER = "~other";

  /** How many days are kept. */
  public static final int DAYS = 35;

  private static final long DAY_NANOS = Duration.ofDays(1).toNanos();

  private final ConcurrentHashMap<UsageKey, UsageSum>[] loops;
  private final long[] days;
  private final int sums;
  private final int sumsOfLoop;
  private final AtomicLong folded = new AtomicLong();
  private volatile Instant since;
  private volatile Map<UsageKey, UsageSum> restored = Map.of();

  /**
   * @param loops how many loops there are
   * @param sums how many sums are kept at most
   * @param since from when on it counts
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  public UsageLedger(int loops, int sums, Instant since) {
    this.loops = new ConcurrentHashMap[loops];
    for (int i = 0; i < loops; i++) {
      this.loops[i] = new ConcurrentHashMap<>();
    }
    this.days = new long[loops];
    this.sums = sums;
    this.sumsOfLoop = Math.max(1, sums / loops);
    this.since = since;
  }

  /**
   * Adds an exchange.
   *
   * @param loop the number of the loop that calls
   */
  public void add(int loop, UsageRecord record) {
    long day = Math.floorDiv(record.startWallNanos(), DAY_NANOS);
    var sums = loops[loop];
    if (day > days[loop]) {
      days[loop] = day;
      sums.keySet().removeIf(key -> key.day() <= day - DAYS);
    }
    // A model that no provider was asked for is a word of the caller's, of which there is no end.
    var model = record.attempts().isEmpty() ? "" : record.requestedModel();
    var key = new UsageKey(record.consumer(), model, record.provider(), record.route(), day);
    var before = sums.get(key);
    if (before == null && sums.size() >= sumsOfLoop) {
      key = key.folded();
      before = sums.get(key);
      folded.incrementAndGet();
    }
    var one = UsageSum.of(record);
    sums.put(key, before == null ? one : before.plus(one));
  }

  /**
   * Adds what was counted before, once; sums that are too many are added to {@link #OTHER}.
   *
   * @param begin from when on that counts, or null when that is not known
   */
  void restore(@Nullable Instant begin, Map<UsageKey, UsageSum> before) {
    Map<UsageKey, UsageSum> kept = new HashMap<>();
    before.forEach(
        (key, sum) -> {
          boolean room = kept.size() < sums || kept.containsKey(key);
          kept.merge(room ? key : key.folded(), sum, UsageSum::plus);
        });
    restored = Map.copyOf(kept);
    if (begin != null && begin.isBefore(since)) {
      since = begin;
    }
  }

  /** Returns whether nothing was counted, neither now nor before. */
  boolean isEmpty() {
    return restored.isEmpty() && Stream.of(loops).allMatch(Map::isEmpty);
  }

  /** Returns all sums of the days that are kept. */
  Map<UsageKey, UsageSum> sums() {
    Map<UsageKey, UsageSum> all = new HashMap<>(restored);
    for (var loop : loops) {
      loop.forEach((key, sum) -> all.merge(key, sum, UsageSum::plus));
    }
    long last = all.keySet().stream().mapToLong(UsageKey::day).max().orElse(0);
    all.keySet().removeIf(key -> key.day() <= last - DAYS);
    return all;
  }

  /** Returns from when on it counts. */
  public Instant since() {
    return since;
  }

  /** Returns how many exchanges were added to {@link #OTHER}. */
  public long folded() {
    return folded.get();
  }

  /**
   * Is one sum of an answer.
   *
   * @param group the values of the dimensions asked for, in their order
   */
  public record Row(Map<Dimension, String> group, UsageSum sum) {}

  /**
   * Is an answer.
   *
   * @param rows the largest by tokens first
   * @param total of all rows, those beyond the limit included
   * @param left how many rows are beyond the limit
   */
  public record Report(List<Row> rows, UsageSum total, int left) {}

  /** Answers a query. */
  public Report report(UsageQuery query) {
    Map<List<String>, UsageSum> groups = new TreeMap<>(UsageLedger::compare);
    var total = UsageSum.ZERO;
    for (var entry : sums().entrySet()) {
      if (matches(query, entry.getKey())) {
        var group = query.groupBy().stream().map(entry.getKey()::value).toList();
        groups.merge(group, entry.getValue(), UsageSum::plus);
        total = total.plus(entry.getValue());
      }
    }
    var rows = new ArrayList<Row>(groups.size());
    groups.forEach(
        (values, sum) -> {
          Map<Dimension, String> group = new LinkedHashMap<>();
          for (int i = 0; i < values.size(); i++) {
            group.put(query.groupBy().get(i), values.get(i));
          }
          rows.add(new Row(group, sum));
        });
    rows.sort(Comparator.comparingLong((Row row) -> row.sum.input() + row.sum.output()).reversed());
    int left = Math.max(0, rows.size() - query.limit());
    return new Report(List.copyOf(rows.subList(0, rows.size() - left)), total, left);
  }

  private static int compare(List<String> one, List<String> other) {
    for (int i = 0; i < one.size(); i++) {
      int order = one.get(i).compareTo(other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static boolean matches(UsageQuery query, UsageKey key) {
    var from = query.from();
    var to = query.to();
    if ((from != null && key.day() < from.toEpochDay())
        || (to != null && key.day() > to.toEpochDay())) {
      return false;
    }
    for (var wanted : query.where().entrySet()) {
      if (!key.value(wanted.getKey()).equals(wanted.getValue())) {
        return false;
      }
    }
    return true;
  }
}
