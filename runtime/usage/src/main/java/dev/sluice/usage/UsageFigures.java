package dev.sluice.usage;

import dev.sluice.plugin.ai.AiEnd;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Counts LLM exchanges for metrics. Each loop has figures of its own, which only it writes; a
 * scrape adds them up and may be a moment behind. How many series there are is bounded: what is
 * over goes to {@link UsageLedger#OTHER}.
 */
public final class UsageFigures {
  /** Upper bounds of histograms of tokens, as the GenAI conventions have them. */
  public static final List<Long> TOKEN_BOUNDS =
      Stream.of(
              1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216,
              67108864)
          .map(Integer::longValue)
          .toList();

  /** Upper bounds of histograms of time in seconds, as the GenAI conventions have them. */
  public static final List<Double> SECOND_BOUNDS =
      List.of(
          0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);

  private static final long[] TOKENS = TOKEN_BOUNDS.stream().mapToLong(Long::longValue).toArray();
  private static final double[] SECONDS =
      SECOND_BOUNDS.stream().mapToDouble(Double::doubleValue).toArray();
  private static final int MOST = 500;

  private final Loop[] loops;

  /** Counts for a number of loops. */
  public UsageFigures(int loops) {
    this.loops = new Loop[loops];
    for (int i = 0; i < loops; i++) {
      this.loops[i] = new Loop();
    }
  }

  private static final class Loop {
    final ConcurrentHashMap<Series, Figures> models = new ConcurrentHashMap<>();
    final ConcurrentHashMap<String, UsageSum> consumers = new ConcurrentHashMap<>();
  }

  /**
   * Tells exchanges apart.
   *
   * @param operation the GenAI conventions' word: {@code chat}, {@code embeddings}, …
   * @param provider the provider's name, or an empty string when none was asked
   * @param model the model that the client named, or an empty string when no provider was asked
   */
  public record Series(String operation, String provider, String model)
      implements Comparable<Series> {
    @Override
    public int compareTo(Series other) {
      int order = provider.compareTo(other.provider);
      order = order == 0 ? model.compareTo(other.model) : order;
      return order == 0 ? operation.compareTo(other.operation) : order;
    }
  }

  /** Is a histogram: counts by bound, and those over the last. */
  public static final class Histogram {
    private final long[] counts = new long[15];
    private double sum;

    /** Returns the counts; the last is of what is over all bounds. */
    public long[] counts() {
      return counts;
    }

    /** Returns the sum. */
    public double sum() {
      return sum;
    }

    private void addTokens(long tokens) {
      int bucket = 0;
      while (bucket < TOKENS.length && tokens > TOKENS[bucket]) {
        bucket++;
      }
      counts[bucket]++;
      sum += tokens;
    }

    private void addNanos(long nanos) {
      double seconds = nanos / 1e9;
      int bucket = 0;
      while (bucket < SECONDS.length && seconds > SECONDS[bucket]) {
        bucket++;
      }
      counts[bucket]++;
      sum += seconds;
    }

    private void add(Histogram other) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] += other.counts[i];
      }
      sum += other.sum;
    }
  }

  /** Is what was counted of one series. */
  public static final class Figures {
    /** Prompt tokens of an exchange. */
    public final Histogram input = new Histogram();

    /** Tokens of an answer. */
    public final Histogram output = new Histogram();

    /** From begin to end. */
    public final Histogram duration = new Histogram();

    /** From begin to the first content. */
    public final Histogram firstToken = new Histogram();

    /** From one token of an answer to the next. */
    public final Histogram perToken = new Histogram();

    private final long[] outcomes = new long[OUTCOMES.size() + 1];

    /** By how they ended; {@code unread} stands for those that never were understood. */
    public Map<String, Long> outcomes() {
      Map<String, Long> named = new TreeMap<>();
      for (int i = 0; i < outcomes.length; i++) {
        if (outcomes[i] > 0) {
          named.put(i == OUTCOMES.size() ? "unread" : word(OUTCOMES.get(i)), outcomes[i]);
        }
      }
      return named;
    }

    private void add(UsageRecord record) {
      var usage = record.usage();
      if (usage.input() > 0 || usage.output() > 0) {
        input.addTokens(usage.input());
        output.addTokens(usage.output());
      }
      duration.addNanos(record.durationNanos());
      long first = record.firstTokenNanos();
      if (first >= 0) {
        firstToken.addNanos(first);
        if (usage.output() > 1) {
          perToken.addNanos((record.durationNanos() - first) / (usage.output() - 1));
        }
      }
      var outcome = record.outcome();
      outcomes[outcome == null ? outcomes.length - 1 : OUTCOMES.indexOf(outcome)]++;
    }

    private void add(Figures other) {
      input.add(other.input);
      output.add(other.output);
      duration.add(other.duration);
      firstToken.add(other.firstToken);
      perToken.add(other.perToken);
      for (int i = 0; i < outcomes.length; i++) {
        outcomes[i] += other.outcomes[i];
      }
    }
  }

  private static final List<AiEnd.Outcome> OUTCOMES = List.of(AiEnd.Outcome.values());

  private static String word(AiEnd.Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Counts an exchange.
   *
   * @param loop the number of the loop that calls
   */
  public void add(int loop, UsageRecord record) {
    var models = loops[loop].models;
    boolean routed = !record.attempts().isEmpty();
    var operation = Operations.of(record.protocol());
    var series = new Series(operation, record.provider(), routed ? record.requestedModel() : "");
    var figures = models.get(series);
    if (figures == null) {
      if (models.size() >= MOST) {
        series = new Series(operation, record.provider(), UsageLedger.OTHER);
      }
      figures = models.computeIfAbsent(series, s -> new Figures());
    }
    figures.add(record);
    var consumers = loops[loop].consumers;
    var consumer =
        consumers.size() >= MOST && !consumers.containsKey(record.consumer())
            ? UsageLedger.OTHER
            : record.consumer();
    consumers.merge(consumer, UsageSum.of(record), UsageSum::plus);
  }

  /** Returns what was counted by operation, provider and model. */
  public Map<Series, Figures> byModel() {
    Map<Series, Figures> sums = new TreeMap<>();
    for (var loop : loops) {
      loop.models.forEach(
          (series, figures) -> sums.computeIfAbsent(series, s -> new Figures()).add(figures));
    }
    return sums;
  }

  /** Returns what was counted by consumer; an empty name stands for nobody in particular. */
  public Map<String, UsageSum> byConsumer() {
    Map<String, UsageSum> sums = new TreeMap<>();
    for (var loop : loops) {
      loop.consumers.forEach((name, sum) -> sums.merge(name, sum, UsageSum::plus));
    }
    return sums;
  }
}
