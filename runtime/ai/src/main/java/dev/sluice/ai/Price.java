package dev.sluice.ai;

import dev.sluice.plugin.ai.Usage;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Says what one token of each kind costs. All sums are exact decimals: nothing is rounded.
 *
 * @param input of a prompt token that came from no cache, 0 or more
 * @param cachedInput of a prompt token that the provider read from its cache
 * @param cacheWrite of a prompt token that the provider wrote to its cache
 * @param output of a token of the answer
 * @param reasoning of a token that was spent on reasoning
 * @param currency a word for the currency, ISO 4217's by custom: {@code USD}
 */
public record Price(
    BigDecimal input,
    BigDecimal cachedInput,
    BigDecimal cacheWrite,
    BigDecimal output,
    BigDecimal reasoning,
    String currency) {

  /**
   * Returns the price of tokens that is quoted for a number of them. What is not quoted costs what
   * it is a kind of: cached and cache-writing tokens as {@code input}, reasoning as {@code output}.
   *
   * @param per 1, 1,000 or 1,000,000
   * @throws IllegalArgumentException naming the rate that is negative, or {@code per}
   */
  public static Price of(
      BigDecimal input,
      @Nullable BigDecimal cachedInput,
      @Nullable BigDecimal cacheWrite,
      BigDecimal output,
      @Nullable BigDecimal reasoning,
      long per,
      String currency) {
    int digits = digits(per);
    var read = each("input", input, digits);
    var written = each("output", output, digits);
    return new Price(
        read,
        cachedInput == null ? read : each("cachedInput", cachedInput, digits),
        cacheWrite == null ? read : each("cacheWrite", cacheWrite, digits),
        written,
        reasoning == null ? written : each("reasoning", reasoning, digits),
        currency);
  }

  private static int digits(long per) {
    if (per == 1) {
      return 0;
    }
    if (per == 1_000) {
      return 3;
    }
    if (per == 1_000_000) {
      return 6;
    }
    throw new IllegalArgumentException("per: " + per + " (expected: 1, 1000 or 1000000)");
  }

  private static BigDecimal each(String rate, BigDecimal quoted, int digits) {
    if (quoted.signum() < 0) {
      throw new IllegalArgumentException(
          rate + ": " + quoted.toPlainString() + " (expected: 0 or more)");
    }
    return quoted.movePointLeft(digits);
  }

  /**
   * Returns what a usage costs. {@link Usage} has one meaning for every provider: its input has
   * cached and cache-writing tokens in it, its output has reasoning in it, whatever the provider
   * counts apart.
   */
  public BigDecimal cost(Usage usage) {
    long cached = usage.cachedInput();
    long writes = usage.cacheWrites();
    long reasoned = usage.reasoning();
    return times(input, Math.max(0, usage.input() - cached - writes))
        .add(times(cachedInput, cached))
        .add(times(cacheWrite, writes))
        .add(times(output, Math.max(0, usage.output() - reasoned)))
        .add(times(reasoning, reasoned));
  }

  private static BigDecimal times(BigDecimal rate, long tokens) {
    return tokens == 0 ? BigDecimal.ZERO : rate.multiply(BigDecimal.valueOf(tokens));
  }
}
