package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Says what vectors do wherever they are kept. */
abstract class VectorsContract {
  /** Opens the vectors of an owner that no other test has. */
  abstract VectorCaller open(String scope);

  @Test
  void findsTheNearestFirstWithTheirCosineAndTheirValue() {
    var vectors = open("nearest");
    assertThat(vectors.put("a", "east", Map.of("kind", "wind"), null, 5, 0)).isTrue();
    vectors.put("a", "north", 0, 3);
    vectors.put("a", "west", -1, 0);

    var hits = vectors.find("a", 2, -1, Map.of(), 2, 1);

    assertThat(hits).extracting(Hit::key).containsExactly("east", "north");
    assertThat(hits.get(0).score()).isCloseTo(2 / Math.sqrt(5), within(1e-5));
    assertThat(hits.get(0).attributes()).containsExactly(Map.entry("kind", "wind"));
    assertThat(new String(hits.get(0).value(), StandardCharsets.UTF_8)).isEqualTo("value of east");
  }

  @Test
  void leavesOutWhatIsBelowTheLowestScore() {
    var vectors = open("lowest");
    vectors.put("a", "east", 1, 0);
    vectors.put("a", "northeast", 1, 1);
    vectors.put("a", "north", 0, 1);

    assertThat(vectors.find("a", 10, 0.5, Map.of(), 1, 0))
        .extracting(Hit::key)
        .containsExactly("east", "northeast");
  }

  @Test
  void findsOnlyWhatHasTheAttributes() {
    var vectors = open("attributes");
    vectors.put("a", "1", Map.of("model", "x", "tenant", "t \"1\""), null, 1, 0);
    vectors.put("a", "2", Map.of("model", "y", "tenant", "t \"1\""), null, 1, 0.1f);
    vectors.put("a", "3", Map.of("model", "x"), null, 1, 0.2f);

    assertThat(vectors.find("a", 9, -1, Map.of("model", "x"), 1, 0))
        .extracting(Hit::key)
        .containsExactly("1", "3");
    assertThat(vectors.find("a", 9, -1, Map.of("model", "x", "tenant", "t \"1\""), 1, 0))
        .extracting(Hit::key)
        .containsExactly("1");
    assertThat(vectors.find("a", 9, -1, Map.of("model", "z"), 1, 0)).isEmpty();
  }

  @Test
  void keepsNamespacesAndOwnersApart() {
    var vectors = open("mine");
    vectors.put("a", "1", 1, 0);
    vectors.put("b", "2", 1, 0, 0);
    open("yours").put("a", "3", 1, 0);

    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("1");
    assertThat(vectors.keys("b", 9, 1, 0, 0)).containsExactly("2");
    assertThat(vectors.keys("c", 9, 1, 0)).isEmpty();
    assertThat(open("mine").keys("a", 9, 1, 0)).containsExactly("1");
  }

  @Test
  void replacesAnItem() {
    var vectors = open("replaces");
    vectors.put("a", "1", Map.of("v", "old"), null, 1, 0);

    assertThat(vectors.put("a", "1", Map.of("v", "new"), null, 0, 1)).isFalse();

    assertThat(vectors.find("a", 9, 0.9, Map.of(), 1, 0)).isEmpty();
    assertThat(vectors.find("a", 9, 0.9, Map.of("v", "old"), 0, 1)).isEmpty();
    assertThat(vectors.find("a", 9, 0.9, Map.of("v", "new"), 0, 1)).hasSize(1);
  }

  @Test
  void deletesByKeyAndByAttributes() {
    var vectors = open("deletes");
    vectors.put("a", "1", Map.of("m", "x"), null, 1, 0);
    vectors.put("a", "2", Map.of("m", "x"), null, 1, 0);
    vectors.put("a", "3", Map.of("m", "y"), null, 1, 0);

    assertThat(vectors.delete("a", "1")).isTrue();
    assertThat(vectors.delete("a", "1")).isFalse();
    assertThat(vectors.delete("z", "1")).isFalse();
    assertThat(vectors.deleteWhere("a", Map.of("m", "x"))).isEqualTo(1);
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("3");
    assertThat(vectors.deleteWhere("a", Map.of())).isEqualTo(1);
    assertThat(vectors.keys("a", 9, 1, 0)).isEmpty();
    // Nothing is left that would remember how many dimensions there were.
    assertThat(vectors.put("a", "1", 1, 0, 0)).isTrue();
  }

  @Test
  void aSearchSeesWhatTheSameCallerStoredWithoutWaiting() {
    var vectors = open("sees");
    var random = new Random(3);
    for (int i = 0; i < 200; i++) {
      var vector = new float[8];
      for (int d = 0; d < vector.length; d++) {
        vector[d] = (float) random.nextGaussian();
      }
      var item = new Item("k" + i, vector, new byte[0], Map.of());
      vectors.vectors().upsert("a", item, null, ignored(new CompletableFuture<>()));

      assertThat(vectors.keys("a", 1, vector)).containsExactly("k" + i);
    }
  }

  private static Completion<Boolean> ignored(CompletableFuture<Boolean> answer) {
    return Completion.of(answer::complete, answer::completeExceptionally);
  }

  @Test
  void refusesWhatCannotBe() {
    var vectors = open("refuses");
    vectors.put("a", "1", 1, 0);
    refused(() -> vectors.put("a", "2", 1, 0, 0), "a vector of 3 dimensions (expected: 2");
    refused(() -> vectors.keys("a", 9, 1, 0, 0), "a vector of 3 dimensions (expected: 2");
    refused(() -> vectors.put("a", "2", 0, 0), "a vector of length 0.0 (expected: finite, not 0)");
    refused(() -> vectors.put("a", "2", Float.NaN, 0), "a vector of length NaN");
    refused(() -> vectors.put("a", "", 1, 0), "key of 0 characters (expected: 1..1024)");
    refused(() -> vectors.put("a", "2"), "a vector of 0 dimensions");
    refused(() -> vectors.keys("a", 0, 1, 0), "k: 0 (expected: 1..1000)");
    refused(() -> vectors.put("a", "2", Map.of(), Duration.ZERO, 1, 0), "ttl: PT0S");
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("1");
  }

  private static void refused(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            ServiceException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BAD_ARGUMENT))
        .hasMessageContaining(message);
  }

  @Test
  void takesBytesAndNamesOfAnyKind() {
    var vectors = open("any kind: {x} \u00e4");
    var keys = List.of("a b", "\u732b\u2603", "{tag}:*?[x]", "\"quoted\\\" and\nlines");
    var expected = new ArrayList<String>();
    for (var key : keys) {
      vectors.put(
          "n {s}\n\u00e4", key, Map.of(key, "it's \"\\ \u732b\n"), null, 1, expected.size());
      expected.add(key);
    }

    assertThat(vectors.keys("n {s}\n\u00e4", 9, 1, 0)).isEqualTo(expected);
    for (var key : keys) {
      assertThat(vectors.find("n {s}\n\u00e4", 9, -1, Map.of(key, "it's \"\\ \u732b\n"), 1, 0))
          .extracting(Hit::key)
          .containsExactly(key);
    }
  }
}
