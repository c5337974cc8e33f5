package dev.sluice.providers.internal;

import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Embeds texts for choices by similarity. Who waits for it waits {@value #WAIT_MILLIS} milliseconds
 * at most; when it fails, or {@value #WAITING} wait already, there is no vector and so no
 * similarity, which is logged once until it works again. Thread-safe; never blocks.
 */
final class Similarity {
  private static final Logger LOG = LoggerFactory.getLogger(Similarity.class);
  private static final int WAIT_MILLIS = 2_000;
  private static final int WAITING = 1_000;

  /** Longer than what models of embeddings read, and far below what the service takes. */
  private static final int CHARACTERS = 4_000;

  private final Embedder embedder;
  private final Clock clock;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicBoolean failing = new AtomicBoolean();

  Similarity(Embedder embedder, Clock clock) {
    this.embedder = embedder;
    this.clock = clock;
  }

  /** Returns examples, whose embedding begins now. */
  Examples examples(List<String> texts) {
    var examples = new Examples(texts, this::begin);
    examples.vectors(clock.monotonicNanos());
    return examples;
  }

  /**
   * Embeds a text and sees to it that examples are embedded.
   *
   * @param then takes the vector, or null when there is none in time; on any thread
   */
  void embed(String text, List<Examples> with, Consumer<float @Nullable []> then) {
    if (waiting.incrementAndGet() > WAITING) {
      waiting.decrementAndGet();
      failed("over " + WAITING + " calls wait for it");
      then.accept(null);
      return;
    }
    var now = clock.monotonicNanos();
    var own = begin(List.of(text.length() > CHARACTERS ? text.substring(0, CHARACTERS) : text));
    var all = new ArrayList<CompletableFuture<?>>(with.size() + 1);
    all.add(own);
    with.forEach(examples -> all.add(examples.vectors(now)));
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .orTimeout(WAIT_MILLIS, TimeUnit.MILLISECONDS)
        .whenComplete(
            (done, problem) -> {
              waiting.decrementAndGet();
              if (problem == null) {
                failing.set(false);
              } else {
                failed(reason(problem));
              }
              // The text may be known although some examples are not.
              boolean known = own.isDone() && !own.isCompletedExceptionally();
              then.accept(known ? own.join().getFirst() : null);
            });
  }

  private CompletableFuture<List<float[]>> begin(List<String> texts) {
    var answer = new CompletableFuture<List<float[]>>();
    try {
      embedder.embed(texts, Completion.of(answer::complete, answer::completeExceptionally));
    } catch (ServiceException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  private static String reason(Throwable problem) {
    var cause = problem.getCause() == null ? problem : problem.getCause();
    return cause instanceof ServiceException
        ? String.valueOf(cause.getMessage())
        : "no answer in " + WAIT_MILLIS + " ms";
  }

  private void failed(String why) {
    if (failing.compareAndSet(false, true)) {
      LOG.warn(
          "models are chosen without similarity until embeddings work again: {} (see embeddings)",
          why);
    }
  }
}
