package dev.sluice.standin;

import java.util.List;

/**
 * Tells what a stand-in produced.
 *
 * @param active exchanges under way
 * @param entries the sums, by operation, model and key
 */
public record Books(long active, List<Entry> entries) {
  /** Copies the entries. */
  public Books {
    entries = List.copyOf(entries);
  }

  /**
   * Is the sum over the exchanges of one operation, model and key.
   *
   * @param operation such as {@code openai.chat}
   * @param model the model without the wishes in its name
   * @param key the API key, or an empty string
   * @param refused requests answered by an error
   * @param complete answers that were sent to their end
   * @param cut answers that the stand-in broke off, as it was asked to
   * @param abandoned answers whose client went away
   */
  public record Entry(
      String operation,
      String model,
      String key,
      long refused,
      Sum complete,
      Sum cut,
      Sum abandoned) {}

  /**
   * Adds up answers.
   *
   * @param exchanges how many
   * @param input prompt tokens, cached ones included
   * @param cached those of them that came from a cache
   * @param output tokens that were sent, reasoning included
   * @param reasoning those of them that were reasoning
   */
  public record Sum(long exchanges, long input, long cached, long output, long reasoning) {
    /** Is the sum of nothing. */
    public static final Sum NONE = new Sum(0, 0, 0, 0, 0);

    /** Returns the sum of both. */
    public Sum plus(Sum other) {
      return new Sum(
          exchanges + other.exchanges,
          input + other.input,
          cached + other.cached,
          output + other.output,
          reasoning + other.reasoning);
    }
  }

  /** Returns the sum of the answers that were sent to their end. */
  public Sum complete() {
    return entries.stream().map(Entry::complete).reduce(Sum.NONE, Sum::plus);
  }

  /** Returns the sum of the answers that were broken off. */
  public Sum cut() {
    return entries.stream().map(Entry::cut).reduce(Sum.NONE, Sum::plus);
  }

  /** Returns the sum of the answers whose client went away. */
  public Sum abandoned() {
    return entries.stream().map(Entry::abandoned).reduce(Sum.NONE, Sum::plus);
  }

  /** Returns how many requests were answered by an error. */
  public long refused() {
    return entries.stream().mapToLong(Entry::refused).sum();
  }
}
