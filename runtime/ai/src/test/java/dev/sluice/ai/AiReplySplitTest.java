package dev.sluice.ai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.ai.AiEvent;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cuts responses at every byte: between two reads of the gateway, nothing may look different from
 * what it is.
 */
class AiReplySplitTest {
  private static final List<String> CLIENTS =
      List.of("openai.chat", "openai.responses", "anthropic.messages", "gemini.generateContent");
  private static final List<String> PROVIDERS =
      List.of("openai.chat", "anthropic.messages", "gemini.generateContent");

  /** Client, provider, whether streamed; the provider's own format with each of its kinds. */
  static Stream<Arguments> cells() {
    var cells = new ArrayList<Arguments>();
    for (boolean stream : new boolean[] {false, true}) {
      for (String client : CLIENTS) {
        for (String provider : PROVIDERS) {
          cells.add(Arguments.of(client, provider, stream));
        }
      }
      cells.add(Arguments.of("openai.responses", "openai.responses", stream));
    }
    cells.add(Arguments.of("openai.completions", "openai.completions", true));
    return cells.stream()
        // OpenAI's providers answer responses themselves.
        .filter(
            cell ->
                !"openai.responses".equals(cell.get()[0]) || !"openai.chat".equals(cell.get()[1]));
  }

  @ParameterizedTest(name = "{0} from {1}, streamed: {2}")
  @MethodSource("cells")
  void readsTheSameWhereverItIsSplit(String client, String provider, boolean stream) {
    byte[] bytes = Wire.file(provider + ".reply." + (stream ? "sse" : "json"));
    Wire.Result whole = lead(client, provider, stream, bytes);
    assertThat(whole.reply().complete()).isTrue();
    assertThat(whole.events()).isNotEmpty();
    if (client.equals(provider) && !provider.startsWith("openai.chat")) {
      assertThat(whole.bytes()).isEqualTo(bytes);
    }
    for (int cut = 1; cut < bytes.length; cut++) {
      assertSame(whole, lead(client, provider, stream, bytes, cut), "split at " + cut);
    }
    int[] all = new int[bytes.length - 1];
    for (int i = 0; i < all.length; i++) {
      all[i] = i + 1;
    }
    assertSame(whole, lead(client, provider, stream, bytes, all), "byte by byte");
  }

  @ParameterizedTest(name = "{0} from {1}, streamed: {2}")
  @MethodSource("cells")
  void readsTheSameWithOtherEndsOfLines(String client, String provider, boolean stream) {
    byte[] bytes = Wire.file(provider + ".reply." + (stream ? "sse" : "json"));
    Wire.Result whole = lead(client, provider, stream, bytes);
    for (String end : new String[] {"\r\n", "\r"}) {
      byte[] other =
          Wire.text(bytes).replace("\n", end).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      for (int cut = 1; cut < other.length; cut += 7) {
        Wire.Result result = lead(client, provider, stream, other, cut);
        assertThat(result.events()).as("split at %d", cut).isEqualTo(whole.events());
        assertThat(result.reply().complete()).isTrue();
        if (!client.equals(provider)) {
          assertThat(normal(result.text())).as("split at %d", cut).isEqualTo(normal(whole.text()));
        }
      }
    }
  }

  private static void assertSame(Wire.Result whole, Wire.Result result, String how) {
    boolean same =
        result.events().equals(whole.events())
            && Arrays.equals(result.bytes(), whole.bytes())
            && result.reply().usage().equals(whole.reply().usage())
            && result.reply().complete()
            && result.reply().error() == null;
    if (same) {
      return;
    }
    assertThat(result.events()).as(how).isEqualTo(whole.events());
    assertThat(normal(result.text())).as(how).isEqualTo(normal(whole.text()));
    assertThat(result.reply().usage()).as(how).isEqualTo(whole.reply().usage());
    assertThat(result.reply().complete()).as(how).isTrue();
    assertThat(result.reply().error()).as(how).isNull();
  }

  /** Takes out what depends on when and in how many reads a response came: times, comments. */
  private static String normal(String text) {
    return text.replaceAll("\"created(_at)?\":\\d+", "\"created\":0").replace(": \n\n", "");
  }

  private static Wire.Result lead(
      String client, String provider, boolean stream, byte[] bytes, int... cuts) {
    AiCall call = call(client, stream);
    ProviderRequest asked = call.forProvider(call.protocolAt(format(provider)), "m");
    assertThat(asked.protocol().id()).isEqualTo(provider);
    String type = stream ? "text/event-stream; charset=utf-8" : "application/json";
    var reply = new AiReply(call, asked, 200, type, AiLimits.DEFAULT);
    return Wire.lead(reply, bytes, event -> null, cuts);
  }

  static AiCall call(String client, boolean stream) {
    String on = ",\"stream\":" + stream;
    return switch (client) {
      case "openai.chat" ->
          Wire.call(
              Wire.path(client),
              "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]" + on + "}");
      case "openai.completions" ->
          Wire.call(Wire.path(client), "{\"model\":\"m\",\"prompt\":\"a\"" + on + "}");
      case "openai.responses" ->
          Wire.call(Wire.path(client), "{\"model\":\"m\",\"input\":\"a\"" + on + "}");
      case "anthropic.messages" ->
          Wire.call(
              Wire.path(client),
              "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]"
                  + on
                  + "}");
      default ->
          Wire.call(
              "/v1beta/models/m:" + (stream ? "streamGenerateContent?alt=sse" : "generateContent"),
              "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}");
    };
  }

  /** A plugin that holds back each text by one event must not change what the client reads. */
  @ParameterizedTest(name = "{0} from {1}, streamed: {2}")
  @MethodSource("cells")
  void keepsTheBytesWherePluginsGiveBackWhatTheyGot(
      String client, String provider, boolean stream) {
    byte[] bytes = Wire.file(provider + ".reply." + (stream ? "sse" : "json"));
    Wire.Result whole = lead(client, provider, stream, bytes);
    AiCall call = call(client, stream);
    ProviderRequest asked = call.forProvider(call.protocolAt(format(provider)), "m");
    var out = new ByteArrayOutputStream();
    var reply =
        new AiReply(
            call, asked, 200, stream ? "text/event-stream" : "application/json", AiLimits.DEFAULT);
    Wire.Result same = Wire.lead(reply, bytes, event -> List.<AiEvent>of(event));
    out.writeBytes(same.bytes());
    assertThat(normal(Wire.text(out.toByteArray()))).isEqualTo(normal(whole.text()));
  }

  static AiFormat format(String provider) {
    return AiFormat.valueOf(provider.substring(0, provider.indexOf('.')).toUpperCase(Locale.ROOT));
  }
}
