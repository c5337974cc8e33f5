package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Says what is wrong with a configuration as a file and as YAML. */
class ConfigSyntaxTest {
  @TempDir private Path folder;
  private Problems problems = new Problems(Path.of(""));

  @BeforeEach
  void start() {
    problems = new Problems(folder);
  }

  @Test
  void refusesAFileThatIsEmptyOrNoMapping() {
    var empty = "c.yaml:1:1: the file is empty (expected: a mapping of fields)";
    assertThat(problems.of("")).containsExactly(empty);
    assertThat(problems.of("\n# nothing but a comment\n")).containsExactly(empty);
    assertThat(problems.of("\nword"))
        .containsExactly("c.yaml:2:1: a single value (expected: a mapping of fields)");
    assertThat(problems.of("- a\n- b"))
        .containsExactly("c.yaml:1:1: a list (expected: a mapping of fields)");
  }

  @Test
  void refusesASecondDocument() {
    assertThat(problems.of("---\nlisteners: []\n---\nroutes: []\n"))
        .containsExactly("c.yaml:4:1: a second document (expected: one)");
  }

  @Test
  void namesThePlaceOfASyntaxError() {
    assertThat(problems.of("listeners: ["))
        .containsExactly(
            "c.yaml:1:13: not YAML: expected the node content, but found '<stream end>'");
    assertThat(problems.of("listeners:\n\t- name: x"))
        .singleElement()
        .asString()
        .startsWith("c.yaml:2:1: not YAML: found character '\\t(TAB)'");
    assertThat(problems.of("listeners: *nope"))
        .containsExactly("c.yaml:1:12: not YAML: found undefined alias nope");
    assertThat(problems.of("a: b: c"))
        .singleElement()
        .asString()
        .startsWith("c.yaml:1:5: not YAML");
    assertThat(problems.of("? [a, b]\n: c")).containsExactly("c.yaml:1:3: a key that is no word");
  }

  @Test
  void refusesAFileThatIsTooLong() {
    var long16 = new byte[ConfigReader.MAX_BYTES + 1];
    java.util.Arrays.fill(long16, (byte) '#');

    assertThat(problems.of(long16))
        .containsExactly("c.yaml: the file is too long (expected: at most 16777216 bytes)");
  }

  @Test
  void refusesAFileThatIsNoText() {
    assertThat(problems.of(new byte[] {'a', ':', ' ', (byte) 0xff, (byte) 0xfe}))
        .containsExactly("c.yaml: the file is not UTF-8");
    assertThat(problems.of("a: \u0000"))
        .singleElement()
        .asString()
        .startsWith("c.yaml:1:")
        .contains("not YAML");
  }

  @Test
  void refusesWhatIsMadeToBeLarge() {
    assertThat(problems.of("a: " + "[".repeat(100_000)))
        .singleElement()
        .asString()
        .contains("too deep");
    assertThat(problems.of("a: " + "[".repeat(100) + "]".repeat(100)))
        .containsExactly("c.yaml:1:68: too deep (expected: at most 64 levels)");
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a%d: &a%d [".formatted(i, i))
          .append("*a%d, ".formatted(i - 1).repeat(9))
          .append("*a%d]\n".formatted(i - 1));
    }
    assertThat(problems.of(bomb.toString()))
        .singleElement()
        .asString()
        .contains("too many values, counting what aliases repeat (expected: at most 1000000)");
    assertThat(problems.of("a: &a [*a]")).singleElement().asString().contains("too deep");
  }

  @Test
  void namesAFileThatIsNotThere() {
    assertThatThrownBy(() -> ConfigReader.read(folder.resolve("none.yaml")))
        .isInstanceOf(ConfigException.class)
        .hasMessage(folder.resolve("none.yaml") + ": there is no such file");
    assertThatThrownBy(() -> ConfigReader.read(folder))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(folder + ": cannot be read: ");
  }

  @Test
  void readsJsonAnchorsAndAllWaysToWriteNumbers() {
    var config =
        problems.read(
            """
            {
            \t"threads": 0x10,
            \t"listeners": [{"name": "web", "address": "127.0.0.1:0"}]
            }
            """);
    assertThat(config.threads()).isEqualTo(16);

    var anchored =
        problems.read(
            """
            threads: 010
            listeners:
              - {name: a, address: "127.0.0.1:0", timeouts: &t {idle: 0.5s}}
              - {name: b, address: "127.0.0.1:0", timeouts: *t}
            """);
    assertThat(anchored.threads()).as("no octal number in YAML 1.2").isEqualTo(10);
    assertThat(anchored.listeners().get(1).timeouts().idle()).hasMillis(500);
  }

  @Test
  void readsAFileWithAByteOrderMark() {
    var bytes = ("\ufeff" + Problems.FRAME).getBytes(StandardCharsets.UTF_8);

    assertThat(problems.of(bytes)).isEmpty();
  }
}
