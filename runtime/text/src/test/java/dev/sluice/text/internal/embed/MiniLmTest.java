package dev.sluice.text.internal.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.plugin.host.ServiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MiniLmTest {
  private static final MiniLm MODEL = MiniLm.load();

  /** Is a text with the vector that another implementation computed. */
  record Reference(String text, float[] vector) {
    @Override
    public String toString() {
      return text;
    }
  }

  @AfterAll
  static void close() {
    MODEL.close();
  }

  static List<Reference> references() throws IOException {
    try (var in = Objects.requireNonNull(MiniLmTest.class.getResourceAsStream("reference.tsv"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(MiniLmTest::reference)
          .toList();
    }
  }

  private static Reference reference(String line) {
    var parts = line.split("\t", 2);
    var numbers = parts[1].split(" ", -1);
    var vector = new float[numbers.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = Float.parseFloat(numbers[i]);
    }
    return new Reference(parts[0], vector);
  }

  @ParameterizedTest
  @MethodSource("references")
  void computesWhatAnotherImplementationComputes(Reference reference) {
    var vector = MODEL.embed(List.of(reference.text)).getFirst();

    assertThat(vector).hasSize(384);
    assertThat(cosine(vector, vector)).isCloseTo(1, within(1e-5));
    // Processors differ in how they round the products of 8-bit numbers.
    assertThat(cosine(vector, reference.vector)).isGreaterThan(0.99);
  }

  @Test
  void seesTheSimilarityThatAnotherImplementationSees() throws IOException {
    var references = references();
    for (int i = 0; i < references.size(); i += 2) {
      var a = references.get(i);
      var b = references.get(i + 1);

      double here = cosine(vector(a.text), vector(b.text));

      assertThat(here).isCloseTo(cosine(a.vector, b.vector), within(0.02));
    }
  }

  @Test
  void embedsTogetherAsItEmbedsAlone() throws IOException {
    var texts = new ArrayList<>(references().stream().map(Reference::text).toList());
    texts.add("A sentence, and one more. ".repeat(20));

    var together = MODEL.embed(texts);

    for (int i = 0; i < texts.size(); i++) {
      assertThat(cosine(together.get(i), vector(texts.get(i)))).isGreaterThan(0.98);
    }
  }

  @Test
  void tellsLongTextsApartThatDifferLate() {
    var same = "The minutes of the meeting go on and on without any change. ".repeat(40);

    assertThat(MODEL.count(same)).isGreaterThan(MiniLm.WINDOW);
    assertThat(
            cosine(
                vector(same + "The budget was approved by all."),
                vector(same + "A volcano erupted; dinosaurs fled into the jungle. ".repeat(8))))
        .isLessThan(0.99);
  }

  @Test
  void embedsTheEmptyText() {
    assertThat(cosine(vector(""), vector(""))).isCloseTo(1, within(1e-5));
  }

  @Test
  void refusesATextOfTooManyTokens() {
    assertThatThrownBy(() -> MODEL.embed(List.of("a b c d ".repeat(2_100))))
        .isInstanceOf(ServiceException.class)
        .hasMessage("embed: a text of 8400 tokens (expected: at most 8128)");
  }

  private static float[] vector(String text) {
    return MODEL.embed(List.of(text)).getFirst();
  }

  static double cosine(float[] a, float[] b) {
    double dot = 0;
    double lengthA = 0;
    double lengthB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      lengthA += (double) a[i] * a[i];
      lengthB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(lengthA * lengthB);
  }
}
