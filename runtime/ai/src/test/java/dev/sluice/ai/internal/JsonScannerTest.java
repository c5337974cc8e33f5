package dev.sluice.ai.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScannerTest {
  private static final String EVERYTHING =
      """
      {"a":"plain","\\u0062":"\\"\\\\\\/\\b\\f\\n\\r\\t \\u00e9 \\ud83d\\ude00 é 😀 \\ud800",
       "n":[0,-1,1.5e-3,12E+2,true,false,null,[],{},""],"deep":{"x":{"y":[{"z":"ü"}]}}}
      """;

  private static JsonTape scan(byte[] bytes, int... cuts) {
    var scanner = new JsonScanner(AiLimits.DEFAULT, 64);
    int from = 0;
    for (int cut : cuts) {
      scanner.feed(bytes, from, cut - from);
      from = cut;
    }
    scanner.feed(bytes, from, bytes.length - from);
    return scanner.finish();
  }

  private static JsonTape scan(String json) {
    return scan(json.getBytes(UTF_8));
  }

  private static List<String> nodes(JsonTape tape) {
    var nodes = new ArrayList<String>();
    int total = tape.next(0);
    for (int node = 0; node < total; node++) {
      nodes.add(
          tape.kind(node)
              + " "
              + tape.start(node)
              + "-"
              + tape.end(node)
              + ">"
              + tape.next(node)
              + " "
              + (tape.isString(node) || tape.kind(node) == JsonTape.KEY ? tape.text(node) : ""));
    }
    return nodes;
  }

  @Test
  void readsTheSameWhereverTheBytesAreSplit() {
    byte[] bytes = EVERYTHING.getBytes(UTF_8);
    List<String> whole = nodes(scan(bytes));
    for (int one = 0; one <= bytes.length; one++) {
      for (int two = one; two <= bytes.length; two++) {
        assertThat(nodes(scan(bytes, one, two)))
            .as("split at %d and %d", one, two)
            .isEqualTo(whole);
      }
    }
    var everyByte = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      everyByte[i] = i;
    }
    assertThat(nodes(scan(bytes, everyByte))).isEqualTo(whole);
  }

  @Test
  void decodesStringsAndFindsKeysThatAreEscaped() {
    JsonTape tape = scan(EVERYTHING);
    assertThat(tape.string(0, "b")).isEqualTo("\"\\/\b\f\n\r\t é 😀 é 😀 \ud800");
    assertThat(tape.text(tape.find(0, "deep", "x"))).isEqualTo("{\"y\":[{\"z\":\"ü\"}]}");
    assertThat(tape.length(tape.find(0, "n"))).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "[1 2]",
        "01",
        "1.",
        "-",
        "1e",
        "+1",
        "tru",
        "trux",
        "nul",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "{}{}",
        "[}",
        "{]",
        "\"\\u12",
        "\u00feff{}",
        "1 1",
        "'a'",
        "[1]]",
        "NaN",
        "{\"a\":}"
      })
  void refusesWhatIsNotJson(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    String whole = failure(bytes);
    assertThat(whole).startsWith("JSON, byte ");
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertThat(failure(bytes, cut)).as("split at %d", cut).isEqualTo(whole);
    }
  }

  private static String failure(byte[] bytes, int... cuts) {
    try {
      scan(bytes, cuts);
    } catch (AiFormatException e) {
      assertThat(e.kind()).isEqualTo(AiFormatException.Kind.MALFORMED);
      return String.valueOf(e.getMessage());
    }
    throw new AssertionError("read: " + new String(bytes, UTF_8));
  }

  @Test
  void refusesWhatIsNotUtf8() {
    int[][] sequences = {
      {0x80},
      {0xC0, 0x80},
      {0xC1, 0xBF},
      {0xE0, 0x80, 0x80},
      {0xED, 0xA0, 0x80},
      {0xF0, 0x80, 0x80, 0x80},
      {0xF4, 0x90, 0x80, 0x80},
      {0xF5, 0x80, 0x80, 0x80},
      {0xFF},
      {0xE2, 0x28, 0xA1},
      {0xC3, 0x22}
    };
    for (int[] sequence : sequences) {
      var bytes = new byte[sequence.length + 2];
      bytes[0] = '"';
      for (int i = 0; i < sequence.length; i++) {
        bytes[i + 1] = (byte) sequence[i];
      }
      bytes[bytes.length - 1] = '"';
      for (int cut = 0; cut <= bytes.length; cut++) {
        int at = cut;
        assertThatThrownBy(() -> scan(bytes, at))
            .isInstanceOf(AiFormatException.class)
            .hasMessage("byte 1 is not UTF-8 (expected: UTF-8)");
      }
    }
  }

  @Test
  void findsAKeyThatIsThereTwiceHoweverItIsWritten() {
    assertThat(scan("{\"a\":[{\"role\":1},{\"x\":{\"role\":1,\"r\\u006fle\":2}}]}").duplicate())
        .isEqualTo("/a/1/x/role");
    assertThat(scan("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}").duplicate()).isNull();
    var many = new StringBuilder("{\"o\":{");
    for (int i = 0; i < 40; i++) {
      many.append("\"k").append(i).append("\":{\"k1\":0,\"k2\":0},");
    }
    assertThat(scan(many + "\"last\":1}}").duplicate()).isNull();
    assertThat(scan(many + "\"k39\":1}}").duplicate()).isEqualTo("/o/k39");
    assertThat(scan(many + "\"k3\":1}}").duplicate()).isEqualTo("/o/k3");
  }

  @Test
  void stopsAtEachLimitWithTheValueAndTheExpectation() {
    var limits = new AiLimits(1_000, 50, 10, 5);
    assertTooLarge(limits, "[".repeat(11), "nesting: over 10 levels at byte 10");
    assertTooLarge(limits, "[" + "1,".repeat(50), "message: over 50 JSON values");
    assertTooLarge(limits, "\"" + "x".repeat(1_000), "message: over 1000 bytes");
  }

  private static void assertTooLarge(AiLimits limits, String json, String message) {
    var scanner = new JsonScanner(limits, 16);
    byte[] bytes = json.getBytes(UTF_8);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < bytes.length; i++) {
                scanner.feed(bytes, i, 1);
              }
            })
        .isInstanceOfSatisfying(
            AiFormatException.class,
            e -> assertThat(e.kind()).isEqualTo(AiFormatException.Kind.TOO_LARGE))
        .hasMessageStartingWith(message);
  }

  @Test
  void readsAThousandLevelsAndNotOneMore() {
    String deep = "[".repeat(1_000) + "]".repeat(1_000);
    assertThat(scan(deep).next(0)).isEqualTo(1_000);
    assertThatThrownBy(() -> scan("[" + deep + "]")).hasMessageContaining("over 1000 levels");
  }

  @Test
  void writesTextsThatReadBackTheSame() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append((char) (random.nextBoolean() ? random.nextInt(0x90) : random.nextInt(0x10000)));
      }
      JsonTape tape = scan(JsonText.quote(text.toString()));
      assertThat(tape.text(0)).as("seed %d", seed).isEqualTo(text.toString());
    }
  }
}
