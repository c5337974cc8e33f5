package dev.sluice.usage;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/**
 * Is the sum of the usage of some exchanges. All sums are exact.
 *
 * @param requests how many exchanges
 * @param failed of them, those whose caller got less than it asked for
 * @param estimated of them, those whose provider sent no usage
 * @param unpriced of them, those that used tokens whose price is not known
 * @param input prompt tokens, cached ones included
 * @param cachedInput of them, those that the provider read from its cache
 * @param cacheWrites of them, those that the provider wrote to its cache
 * @param output tokens of answers, reasoning included
 * @param reasoning of them, those that were spent on reasoning
 * @param cost by currency
 */
public record UsageSum(
    long requests,
    long failed,
    long estimated,
    long unpriced,
    long input,
    long cachedInput,
    long cacheWrites,
    long output,
    long reasoning,
    Map<String, BigDecimal> cost) {
  /** Is the sum of nothing. */
  public static final UsageSum ZERO = new UsageSum(0, 0, 0, 0, 0, 0, 0, 0, 0, Map.of());

  /** Copies the map. */
  public UsageSum {
    cost = Map.copyOf(cost);
  }

  /** Returns the sum of one exchange. */
  static UsageSum of(UsageRecord record) {
    var usage = record.usage();
    var cost = record.cost();
    boolean used = usage.input() > 0 || usage.output() > 0;
    return new UsageSum(
        1,
        record.failed() ? 1 : 0,
        used && usage.estimated() ? 1 : 0,
        used && cost == null && !record.attempts().isEmpty() ? 1 : 0,
        usage.input(),
        usage.cachedInput(),
        usage.cacheWrites(),
        usage.output(),
        usage.reasoning(),
        cost == null ? Map.of() : Map.of(record.currency(), cost));
  }

  /** Returns both together. */
  public UsageSum plus(UsageSum other) {
    Map<String, BigDecimal> both = cost;
    if (cost.isEmpty()) {
      both = other.cost;
    } else if (!other.cost.isEmpty()) {
      both = new TreeMap<>(cost);
      for (var entry : other.cost.entrySet()) {
        both.merge(entry.getKey(), entry.getValue(), BigDecimal::add);
      }
    }
    return new UsageSum(
        requests + other.requests,
        failed + other.failed,
        estimated + other.estimated,
        unpriced + other.unpriced,
        input + other.input,
        cachedInput + other.cachedInput,
        cacheWrites + other.cacheWrites,
        output + other.output,
        reasoning + other.reasoning,
        both);
  }
}
