package dev.sluice.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "[]",
        "[[1,-2.5,1.0E30],{\"a\":\"b\",\"c\":[true,false,null]}]",
        "\"a\\\"b\\\\c\\u000a\"",
        "123456789012345678",
      })
  void writesWhatItRead(String document) {
    assertThat(Json.write(Json.parse(document))).isEqualTo(document);
  }

  @Test
  void readsEscapesAndBlanks() {
    assertThat(Json.parse(" [ \"\\u00e9\\ud83d\\ude00\\n\\/\" ] ")).isEqualTo(List.of("é😀\n/"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[1,]",
        "{\"a\"}",
        "{a:1}",
        "01",
        "1.",
        "+1",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\n\"",
        "1 2",
        "{\"a\":1,}",
        "]"
      })
  void refusesWhatIsNotJson(String document) {
    assertThatThrownBy(() -> Json.parse(document))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected");
  }

  @Test
  void refusesDeepNestingInsteadOfTheStack() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
