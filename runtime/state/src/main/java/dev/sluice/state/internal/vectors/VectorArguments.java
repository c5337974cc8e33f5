package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks what callers pass, the same for every place that vectors are kept in. */
final class VectorArguments {
  private static final int MAX_DIMENSIONS = 4096;
  private static final int MAX_NAME = 1024;
  private static final int MAX_ATTRIBUTES = 32;
  private static final int MAX_K = 1000;

  private VectorArguments() {}

  static void check(String namespace, Item item) {
    name("namespace", namespace);
    name("key", item.key());
    attributes(item.attributes());
  }

  static void check(String namespace, Query query) {
    name("namespace", namespace);
    attributes(query.filter());
    if (query.k() < 1 || query.k() > MAX_K) {
      throw refused("k: " + query.k() + " (expected: 1.." + MAX_K + ")");
    }
    if (Double.isNaN(query.minScore())) {
      throw refused("minScore: NaN (expected: -1..1)");
    }
  }

  static void name(String what, String name) {
    if (name.isEmpty() || name.length() > MAX_NAME) {
      throw refused(what + " of " + name.length() + " characters (expected: 1.." + MAX_NAME + ")");
    }
  }

  static void attributes(Map<String, String> attributes) {
    if (attributes.size() > MAX_ATTRIBUTES) {
      throw refused(attributes.size() + " attributes (expected: at most " + MAX_ATTRIBUTES + ")");
    }
    attributes.forEach(
        (name, value) -> {
          name("attribute name", name);
          if (value.length() > MAX_NAME) {
            throw refused(
                "attribute "
                    + name
                    + " of "
                    + value.length()
                    + " characters (expected: at most "
                    + MAX_NAME
                    + ")");
          }
        });
  }

  /** Returns a copy of unit length. */
  static float[] unit(float[] vector) {
    if (vector.length < 1 || vector.length > MAX_DIMENSIONS) {
      throw refused(
          "a vector of " + vector.length + " dimensions (expected: 1.." + MAX_DIMENSIONS + ")");
    }
    double sum = 0;
    for (float x : vector) {
      sum += (double) x * x;
    }
    if (!(sum > 0) || Double.isInfinite(sum)) {
      throw refused("a vector of length " + Math.sqrt(sum) + " (expected: finite, not 0)");
    }
    double length = Math.sqrt(sum);
    var unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }

  /** Returns nanoseconds; the largest number for none. */
  static long nanos(@Nullable Duration ttl) {
    if (ttl == null) {
      return Long.MAX_VALUE;
    }
    if (ttl.isNegative() || ttl.isZero()) {
      throw refused("ttl: " + ttl + " (expected: more than 0)");
    }
    return ttl.compareTo(Duration.ofDays(36_500)) > 0 ? Long.MAX_VALUE : ttl.toNanos();
  }

  private static ServiceException refused(String message) {
    return new ServiceException(Reason.BAD_ARGUMENT, "vectors: " + message);
  }
}
