package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.state.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Says what vectors do wherever a Redis server finds them. */
abstract class RedisVectorsContract extends VectorsContract {
  private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
  final VectorService service = new VectorService(clock::get);
  private String run = "";

  abstract RedisServer server();

  @BeforeEach
  void connect() {
    run = "run " + System.nanoTime() + " ";
    service.configure(Map.of("url", server().url(), "timeout", "10000"));
  }

  @AfterEach
  void close() {
    service.close();
  }

  @Override
  VectorCaller open(String scope) {
    return open(scope, 1 << 20);
  }

  private VectorCaller open(String scope, long bytes) {
    return new VectorCaller(service.open(run + scope, bytes, Runnable::run));
  }

  @Test
  void isSharedByGateways() {
    open("shared").put("a", "1", 1, 0);
    var other = new VectorService(clock::get);
    other.configure(Map.of("url", server().url(), "timeout", "10000"));

    assertThat(
            new VectorCaller(other.open(run + "shared", 1 << 20, Runnable::run)).keys("a", 9, 1, 0))
        .containsExactly("1");
    other.close();
  }

  @Test
  void forgetsWhatHasExpired() {
    var vectors = open("p");
    vectors.put("a", "short", Map.of(), Duration.ofSeconds(5), 1, 0);
    vectors.put("a", "ever", 1, 0);
    vectors.put("a", "again", Map.of(), Duration.ofSeconds(5), 1, 0);
    vectors.put("a", "again", Map.of(), Duration.ofSeconds(500), 1, 0);

    clock.addAndGet(4_999);
    assertThat(vectors.keys("a", 9, 1, 0)).hasSize(3);
    clock.addAndGet(1);
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactlyInAnyOrder("ever", "again");
    assertThat(vectors.delete("a", "short")).isFalse();
  }

  @Test
  void makesRoomByWhatWasNotFoundForLongest() {
    var vectors = open("small", 8_000);
    for (int i = 0; i < 8; i++) {
      vectors.put(i % 2 == 0 ? "even" : "odd", "k" + i, 1, i);
      clock.incrementAndGet();
    }
    assertThat(vectors.keys("even", 1, 1, 0)).containsExactly("k0");
    for (int i = 8; i < 14; i++) {
      clock.incrementAndGet();
      vectors.put("even", "k" + i, 1, i);
    }

    var left = new ArrayList<>(vectors.keys("even", 99, 1, 0));
    left.addAll(vectors.keys("odd", 99, 1, 0));
    assertThat(left).contains("k0", "k13").doesNotContain("k1", "k2").hasSizeBetween(7, 12);
  }

  @Test
  void findsWhatAnExactSearchFinds() {
    var vectors = open("recall", 1 << 30);
    var random = new Random(5);
    var all = new ArrayList<float[]>();
    for (int i = 0; i < 1_000; i++) {
      var vector = new float[384];
      for (int d = 0; d < vector.length; d++) {
        vector[d] = (float) random.nextGaussian();
      }
      all.add(vector);
      vectors.put("a", "k" + i, vector);
    }
    int found = 0;
    for (int q = 0; q < 20; q++) {
      var query = all.get(random.nextInt(all.size())).clone();
      query[0] += 3;
      var exact =
          IntStream.range(0, all.size())
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -cosine(query, all.get(i))))
              .limit(10)
              .map(i -> "k" + i)
              .toList();
      found += (int) vectors.keys("a", 10, query).stream().filter(exact::contains).count();
    }
    assertThat(found / 200.0).isGreaterThanOrEqualTo(0.95);
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double lengths = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      lengths += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(lengths);
  }

  @Test
  void deletesMoreThanAPage() {
    var vectors = open("pages");
    for (int i = 0; i < 700; i++) {
      vectors.put("a", "k" + i, Map.of("odd", String.valueOf(i % 2)), null, 1, i);
    }

    assertThat(vectors.deleteWhere("a", Map.of("odd", "1"))).isEqualTo(350);
    assertThat(vectors.find("a", 1000, -1, Map.of(), 1, 0))
        .hasSize(350)
        .extracting(Hit::attributes)
        .containsOnly(Map.of("odd", "0"));
  }

  @Test
  void isConfiguredAnewWithoutOpeningAgain() {
    var vectors = open("anew");
    vectors.put("a", "in redis", 1, 0);

    service.configure(Map.of());

    assertThat(vectors.keys("a", 9, 1, 0)).isEmpty();
    vectors.put("a", "in memory", 1, 0);
    service.configure(Map.of("url", server().url()));
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("in redis");
  }

  @Test
  void leavesOutHundredsThatHaveExpiredSinceTheLastCall() {
    var vectors = open("expired", 1 << 24);
    for (int i = 0; i < 300; i++) {
      vectors.put("a", "brief" + i, Map.of("m", "x"), Duration.ofSeconds(5), 1, 0);
    }
    vectors.put("a", "ever", Map.of("m", "x"), null, 0, 1);

    clock.addAndGet(5_000);
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("ever");
    assertThat(vectors.find("a", 9, -1, Map.of("m", "x"), 1, 0))
        .extracting(Hit::key)
        .containsExactly("ever");
  }

  @Test
  void replacesTheOnlyItemByOneOfOtherDimensions() {
    var vectors = open("dimensions");
    vectors.put("a", "1", 1, 0);
    assertThat(vectors.put("a", "1", 0, 1)).isFalse();
    assertThat(vectors.find("a", 9, 0.9, Map.of(), 0, 1)).hasSize(1);

    assertThat(vectors.put("a", "1", 1, 0, 0)).isFalse();
    assertThat(vectors.keys("a", 9, 1, 0, 0)).containsExactly("1");
  }
}
