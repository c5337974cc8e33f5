package dev.sluice.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.PluginException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConfigTest {
  private static Config config(String json) {
    return Config.of(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsEachKindAndHasDefaults() {
    var config =
        config(
            """
            {"s": "é", "n": 3, "d": 0.5, "b": true, "l": ["a", "b"], "o": {"x": "y"}, "many": [{"k": 1}]}
            """);
    assertThat(config.string("s")).isEqualTo("é");
    assertThat(config.string("none", "else")).isEqualTo("else");
    assertThat(config.integer("n", 0)).isEqualTo(3);
    assertThat(config.number("n", 0)).isEqualTo(3.0);
    assertThat(config.number("d", 0)).isEqualTo(0.5);
    assertThat(config.bool("b", false)).isTrue();
    assertThat(config.strings("l")).containsExactly("a", "b");
    assertThat(config.strings("none")).isEmpty();
    assertThat(config.object("o").string("x", "")).isEqualTo("y");
    assertThat(config.objects("many").getFirst().integer("k", 0)).isEqualTo(1);
    assertThat(config.has("o")).isTrue();
    assertThat(config("").has("o")).isFalse();
  }

  @Test
  void namesTheValueItsPathAndWhatWasExpected() {
    var config = config("{\"a\": {\"list\": [\"x\", 1]}, \"n\": 1.5}");
    assertThatThrownBy(() -> config.object("a").strings("list"))
        .isInstanceOf(PluginException.class)
        .hasMessage("pluginConfig.a.list[1]: 1 (expected: a string)");
    assertThatThrownBy(() -> config.integer("n", 0))
        .hasMessage("pluginConfig.n: 1.5 (expected: a whole number)");
    assertThatThrownBy(() -> config.string("s"))
        .hasMessage("pluginConfig.s is missing (expected: a string)");
    assertThatThrownBy(() -> config("[]")).hasMessage("pluginConfig: [] (expected: an object)");
    assertThatThrownBy(() -> config("{\"a\": }"))
        .hasMessage("pluginConfig: JSON: at offset 6 (expected: a value)");
  }
}
