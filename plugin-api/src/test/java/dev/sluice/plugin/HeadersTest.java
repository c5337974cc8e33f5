package dev.sluice.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {
  @Test
  void keepsRepeatedFieldsInOrder() {
    var headers = Headers.of("set-cookie", "a=1", "x", "y", "set-cookie", "b=2");
    assertThat(headers.getAll("set-cookie")).containsExactly("a=1", "b=2");
    assertThat(headers.get("set-cookie")).isEqualTo("a=1");
    assertThat(headers.size()).isEqualTo(3);
  }

  @Test
  void lowersTheCaseOfAddedNames() {
    var headers = new Headers().add("X-Hello", "World");
    assertThat(headers.get("x-hello")).isEqualTo("World");
  }

  @Test
  void putsPseudoHeadersBeforeTheOthers() {
    var headers = Headers.of(":status", "200", "x", "y").add(":scheme", "http");
    assertThat(headers.name(1)).isEqualTo(":scheme");
    assertThat(headers.name(2)).isEqualTo("x");
  }

  @Test
  void setReplacesTheFirstAndRemovesTheOthers() {
    var headers = Headers.of("a", "1", "b", "2", "a", "3").set("A", "9");
    assertThat(headers.toString()).isEqualTo("{a: 9, b: 2}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "a b", "a:b", "ä", "a\n", "(", "a\u0000"})
  void refusesNamesThatAreNoToken(String name) {
    assertThatThrownBy(() -> new Headers().add(name, "v"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("header name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\rb", "a\nb", "a\u0000b", "a\u0100"})
  void refusesValuesThatWouldSplitTheMessage(String value) {
    assertThatThrownBy(() -> new Headers().add("name", value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("value of header name has character");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "2000", "abc", "-10", "2 0", "20\u00ff"})
  void answersZeroForAStatusThatIsNoNumber(String status) {
    assertThat(Headers.of(":status", status).status()).isZero();
  }

  @Test
  void readsTheStatus() {
    assertThat(Headers.of(":status", "503").status()).isEqualTo(503);
  }

  @Test
  void aCopyIsIndependent() {
    var headers = Headers.of("a", "1");
    var copy = headers.copy();
    headers.set("a", "2");
    assertThat(copy.get("a")).isEqualTo("1");
    copy.setAll(headers);
    assertThat(copy.get("a")).isEqualTo("2");
  }

  @Test
  void behavesLikeAListOfPairsUnderRandomChanges() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var headers = new Headers(4);
    List<Map.Entry<String, String>> model = new ArrayList<>();
    for (int step = 0; step < 5_000; step++) {
      var name = "n" + random.nextInt(6);
      var value = "v" + random.nextInt(100);
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          headers.add(name, value);
          model.add(Map.entry(name, value));
        }
        case 2 -> {
          headers.set(name, value);
          setInModel(model, name, value);
        }
        case 3 -> {
          boolean there = model.removeIf(field -> field.getKey().equals(name));
          assertThat(headers.remove(name)).as("seed %d step %d", seed, step).isEqualTo(there);
        }
        case 4 -> {
          if (!model.isEmpty()) {
            int index = random.nextInt(model.size());
            headers.removeAt(index);
            model.remove(index);
          }
        }
        default -> {
          if (model.size() > 40) {
            headers.clear();
            model.clear();
          }
        }
      }
      assertThat(fields(headers)).as("seed %d step %d", seed, step).isEqualTo(model);
    }
  }

  private static void setInModel(List<Map.Entry<String, String>> model, String name, String value) {
    int first = -1;
    for (int i = 0; i < model.size() && first < 0; i++) {
      first = model.get(i).getKey().equals(name) ? i : -1;
    }
    if (first < 0) {
      model.add(Map.entry(name, value));
      return;
    }
    model.set(first, Map.entry(name, value));
    for (int i = model.size() - 1; i > first; i--) {
      if (model.get(i).getKey().equals(name)) {
        model.remove(i);
      }
    }
  }

  private static List<Map.Entry<String, String>> fields(Headers headers) {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    for (int i = 0; i < headers.size(); i++) {
      fields.add(Map.entry(headers.name(i), headers.value(i)));
    }
    return fields;
  }
}
