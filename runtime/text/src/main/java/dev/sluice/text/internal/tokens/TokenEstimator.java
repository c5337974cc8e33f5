package dev.sluice.text.internal.tokens;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Tokens;
import dev.sluice.text.internal.Workers;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Estimates tokens: short texts on the caller's thread, in microseconds, the others beside it.
 * Thread-safe.
 */
public final class TokenEstimator implements AutoCloseable {
  /** A text up to this many characters is counted at once: a millisecond at the worst. */
  static final int INLINE = 2 << 10;

  /** The longest text that is counted. */
  static final int MAX_TEXT = 32 << 20;

  private static final int MAX_WAITING = 1024;

  private final TokenCounter counter = new TokenCounter();
  private final Workers workers = new Workers("sluice-tokens", 2, MAX_WAITING, 2L * MAX_TEXT);

  /** Returns the estimates for one owner. */
  public Tokens open(Executor executor) {
    return (model, text, completion) -> count(model, text, executor, completion);
  }

  private void count(String model, String text, Executor executor, Completion<Long> completion) {
    if (text.length() > MAX_TEXT) {
      throw new ServiceException(
          Reason.LIMIT,
          "tokens: a text of "
              + text.length()
              + " characters (expected: at most "
              + MAX_TEXT
              + ")");
    }
    var family = TokenFamily.of(model);
    Supplier<Long> count = () -> counter.count(family, text);
    if (text.length() <= INLINE && counter.isReady(family)) {
      long tokens = count.get();
      executor.execute(() -> completion.succeeded(tokens));
      return;
    }
    workers.run(
        text.length(),
        () -> answer(count, executor, completion),
        error -> executor.execute(() -> completion.failed(error)));
  }

  private static void answer(Supplier<Long> count, Executor executor, Completion<Long> completion) {
    try {
      long tokens = count.get();
      executor.execute(() -> completion.succeeded(tokens));
    } catch (RuntimeException | StackOverflowError e) {
      var error = new ServiceException(Reason.INTERNAL, "tokens: " + e);
      executor.execute(() -> completion.failed(error));
    }
  }

  /** Returns what is remembered, for all owners together. */
  public List<ServiceUsage> usage() {
    return List.of(counter.usage());
  }

  /** Returns how many parts of texts need not have been counted again. */
  long remembered() {
    return counter.remembered();
  }

  @Override
  public void close() {
    workers.close();
  }
}
