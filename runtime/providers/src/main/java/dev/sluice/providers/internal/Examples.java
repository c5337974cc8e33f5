package dev.sluice.providers.internal;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Are the examples of a choice: embedded once for a configuration, again only when that failed, and
 * then not more often than every {@value #PAUSE_SECONDS} seconds. Thread-safe.
 */
final class Examples {
  private static final int PAUSE_SECONDS = 10;

  private final List<String> texts;
  private final Function<List<String>, CompletableFuture<List<float[]>>> embed;
  private @Nullable CompletableFuture<List<float[]>> begun;
  private long begunNanos;
  private volatile @Nullable List<float[]> vectors;

  Examples(List<String> texts, Function<List<String>, CompletableFuture<List<float[]>>> embed) {
    this.texts = texts;
    this.embed = embed;
  }

  /** Returns their vectors as soon as they are known. */
  synchronized CompletableFuture<List<float[]>> vectors(long now) {
    var known = begun;
    if (known == null
        || (known.isCompletedExceptionally()
            && now - begunNanos > PAUSE_SECONDS * 1_000_000_000L)) {
      begunNanos = now;
      known = embed.apply(texts).whenComplete((found, problem) -> vectors = found);
      begun = known;
    }
    return known;
  }

  /**
   * Returns the cosine of the angle to the closest of them; -1 as long as their vectors are not
   * known, or when they are of another model.
   */
  double closeness(float[] vector) {
    var known = vectors;
    double most = -1;
    if (known != null) {
      for (var example : known) {
        most = Math.max(most, cosine(example, vector));
      }
    }
    return most;
  }

  /** Both have unit length. */
  private static double cosine(float[] one, float[] other) {
    if (one.length != other.length) {
      return -1;
    }
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  }
}
