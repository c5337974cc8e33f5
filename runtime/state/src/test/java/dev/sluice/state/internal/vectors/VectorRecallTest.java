package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares the ten nearest with those that an exact search finds, while items come, are replaced,
 * are deleted and expire. The vectors are like those of texts: they lie around subjects, in some 40
 * directions out of 384.
 */
class VectorRecallTest {
  private static final int DIMENSIONS = 384;
  private static final int DIRECTIONS = 40;
  private static final int QUERIES = 100;
  private static final long TTL = 1_000_000;

  private final Random random = new Random(20261123);
  private final float[][] directions = new float[DIRECTIONS][];
  private final AtomicLong clock = new AtomicLong();
  private final VectorShelf shelf = new VectorShelf(Long.MAX_VALUE, clock::get);
  private final Map<String, Item> expected = new HashMap<>();
  private final List<String> keys = new ArrayList<>();

  VectorRecallTest() {
    for (int i = 0; i < DIRECTIONS; i++) {
      directions[i] = gaussian(DIMENSIONS);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1_000, 3_000})
  void findsWhatAnExactSearchFinds(int count) {
    assertThat(recall(count)).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  @EnabledIfSystemProperty(named = "sluice.full", matches = "true")
  void findsWhatAnExactSearchFindsAmongAHundredThousand() {
    assertThat(recall(100_000)).isGreaterThanOrEqualTo(0.95);
  }

  private double recall(int count) {
    var subjects = new float[Math.max(1, count / 50)][];
    for (int i = 0; i < subjects.length; i++) {
      subjects[i] = gaussian(DIRECTIONS);
    }
    for (int i = 0; i < count; i++) {
      upsert("k" + i, subjects, Long.MAX_VALUE);
      keys.add("k" + i);
    }
    double found = 0;
    for (int i = 0; i < QUERIES; i++) {
      change(count / 200, count, subjects);
      found += recallOf(vector(subjects));
      expireSome(count, subjects, i);
    }
    double changing = found / QUERIES;
    // And when nothing is left to do in the background, so that the graph alone finds.
    for (var space = shelf.behind(); space != null; space = shelf.behind()) {
      space.step();
    }
    found = 0;
    for (int i = 0; i < QUERIES; i++) {
      found += recallOf(vector(subjects));
    }
    System.out.printf("recall among %d: %.4f, at rest %.4f%n", count, changing, found / QUERIES);
    return Math.min(changing, found / QUERIES);
  }

  /** Replaces and deletes some, and stores as many again under other keys. */
  private void change(int some, int count, float[][] subjects) {
    for (int i = 0; i < some; i++) {
      upsert(keys.get(random.nextInt(keys.size())), subjects, Long.MAX_VALUE);
      int at = random.nextInt(keys.size());
      var key = keys.get(at);
      shelf.delete("a", key);
      expected.remove(key);
      var fresh = "k" + (count + random.nextInt(1 << 30));
      keys.set(at, fresh);
      upsert(fresh, subjects, Long.MAX_VALUE);
    }
  }

  private void expireSome(int count, float[][] subjects, int round) {
    for (int i = 0; i < Math.min(5, count); i++) {
      upsert("brief " + round + " " + i, subjects, TTL);
    }
    if (round % 10 == 9) {
      clock.addAndGet(TTL);
      expected.keySet().removeIf(key -> key.startsWith("brief"));
    }
  }

  private void upsert(String key, float[][] subjects, long ttl) {
    var item = new Item(key, VectorArguments.unit(vector(subjects)), new byte[0], Map.of());
    shelf.upsert("a", item, ttl);
    expected.put(key, item);
    var behind = shelf.behind();
    if (behind != null) {
      behind.step();
    }
  }

  private double recallOf(float[] vector) {
    var query = VectorArguments.unit(vector);
    int k = Math.min(10, expected.size());
    double kth =
        expected.values().stream()
            .mapToDouble(item -> -dot(query, item.vector()))
            .sorted()
            .skip(k - 1)
            .map(score -> -score)
            .findFirst()
            .orElseThrow();
    var hits = shelf.search("a", new Query(query, k, -1, Map.of()));
    assertThat(hits).extracting(Hit::key).doesNotHaveDuplicates().isSubsetOf(expected.keySet());
    return hits.stream().filter(hit -> hit.score() >= kth - 1e-6).count() / (double) k;
  }

  private float[] vector(float[][] subjects) {
    var subject = subjects[random.nextInt(subjects.length)];
    var vector = new float[DIMENSIONS];
    for (int i = 0; i < DIRECTIONS; i++) {
      float share = subject[i] + 0.5f * (float) random.nextGaussian();
      for (int d = 0; d < DIMENSIONS; d++) {
        vector[d] += share * directions[i][d];
      }
    }
    for (int d = 0; d < DIMENSIONS; d++) {
      vector[d] += 0.5f * (float) random.nextGaussian();
    }
    return vector;
  }

  private float[] gaussian(int size) {
    var vector = new float[size];
    for (int i = 0; i < size; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static double dot(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
