package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sends what nobody should: it is refused clearly, and costs no more memory than its bytes. */
class AiHostileTest {
  private static final int MIB = 1 << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Returns how many bytes a task allocated. */
  private static long allocated(Runnable task) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    task.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static AiCall feed(String path, byte[] body) {
    int step = 16 << 10;
    var cuts = new int[(body.length - 1) / step];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = (i + 1) * step;
    }
    return Wire.call(path, body, cuts);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\\n", "\\u00e9", "\\ud83d\\ude00", "é", "😀", "\\\\\\\""})
  void readsAMessageOfTenMebibytes(String piece) {
    int count = (10 * MIB - 100) / piece.getBytes(UTF_8).length;
    byte[] body =
        ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + piece.repeat(count)
                + "\"}]}")
            .getBytes(UTF_8);
    var call = new AiCall[1];
    long bytes = allocated(() -> call[0] = feed("/v1/chat/completions", body));
    assertThat(call[0].segments()).hasSize(1);
    assertThat(bytes).as("allocated").isLessThan(8L * body.length);
    assertThat(call[0].body()).isEqualTo(body);
    byte[] gemini = call[0].forProvider(AiProtocol.GEMINI_GENERATE, "m").body();
    assertThat(Wire.json(gemini).at("/contents/0/parts/0/text").asString())
        .isEqualTo(call[0].segments().getFirst().text());
  }

  @Test
  void readsTenThousandToolsAndTranslatesThem() {
    var tools =
        new StringBuilder(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[");
    for (int i = 0; i < 10_000; i++) {
      tools.append(i == 0 ? "" : ",");
      tools.append("{\"type\":\"function\",\"function\":{\"name\":\"t").append(i);
      tools.append(
          "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}");
    }
    byte[] body = tools.append("]}").toString().getBytes(UTF_8);
    AiCall call = feed("/v1/chat/completions", body);
    assertThat(call.tools()).hasSize(10_000);
    for (AiFormat format : new AiFormat[] {AiFormat.ANTHROPIC, AiFormat.GEMINI}) {
      byte[] told = call.forProvider(call.protocolAt(format), "m").body();
      assertThat(ToldRequest.read(call.protocolAt(format), Wire.json(told)).tools())
          .hasSize(10_000);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/responses",
    "/v1beta/models/m:generateContent"
  })
  void readsAThousandLevelsAndRefusesMore(String path) {
    String inner = "[".repeat(900) + "]".repeat(900);
    AiCall call = Wire.call(path, "{\"x\":" + inner + "}");
    assertThat(call.body()).hasSize(inner.length() + 6);
    for (String open : new String[] {"[", "{\"a\":", "[{\"a\":"}) {
      assertThatThrownBy(() -> Wire.call(path, "{\"x\":" + open.repeat(200_000)))
          .isInstanceOf(AiFormatException.class)
          .hasMessageContaining("nesting: over 1000 levels");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00ff",
        "\u00c0\u0080",
        "\u00ed\u00a0\u0080",
        "\u00f5\u0080\u0080\u0080",
        "\u00c3",
        "\u0080"
      })
  void refusesWhatIsNotUtf8AndSaysWhere(String octets) {
    byte[] body =
        ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ab" + octets + "\"}]}")
            .getBytes(ISO_8859_1);
    assertThatThrownBy(() -> Wire.call("/v1/chat/completions", body))
        .isInstanceOfSatisfying(
            AiFormatException.class,
            e -> assertThat(e.kind()).isEqualTo(AiFormatException.Kind.MALFORMED))
        .hasMessageContaining("byte")
        .hasMessageContaining("UTF-8");
  }

  private static AiReply reply(String client, String provider, boolean stream, int status) {
    AiCall call = AiReplySplitTest.call(client, stream);
    ProviderRequest asked =
        call.forProvider(call.protocolAt(AiReplySplitTest.format(provider)), "m");
    String type = stream && status == 200 ? "text/event-stream" : "application/json";
    return new AiReply(call, asked, status, type, new AiLimits(MIB, 100_000, 100, 100));
  }

  private static void feed(AiReply reply, byte[] bytes, int times) {
    for (int i = 0; i < times; i++) {
      reply.feed(bytes, 0, bytes.length);
      while (reply.next() != null) {
        // The next one.
      }
      reply.take();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat, openai.chat", "openai.chat, anthropic.messages",
    "anthropic.messages, openai.chat", "gemini.generateContent, openai.chat"
  })
  void keepsNothingOfAStreamThatHasPassed(String client, String provider) {
    AiReply reply = reply(client, provider, true, 200);
    byte[] event = event(provider, 64 << 10);
    feed(reply, event, 50);
    long used = used();
    feed(reply, event, 500);
    assertThat(used() - used).as("kept of 32 MiB").isLessThan(8L * MIB);
    assertThat(reply.started()).isTrue();
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static byte[] event(String provider, int size) {
    String text = "x".repeat(size);
    String json =
        provider.startsWith("openai")
            ? "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                + text
                + "\"}}]}"
            : "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
                + text
                + "\"}}";
    return ("data: " + json + "\n\n").getBytes(UTF_8);
  }

  /** A client of responses gets all of the text again at the end, so it has to be kept. */
  @ParameterizedTest
  @CsvSource({
    "openai.responses, anthropic.messages, true",
    "openai.chat, anthropic.messages, false",
    "anthropic.messages, openai.chat, false"
  })
  void boundsWhatItHasToKeepOfAStream(String client, String provider, boolean stream) {
    AiReply reply = reply(client, provider, stream, 200);
    AiCall call = AiReplySplitTest.call(client, stream);
    ProviderRequest asked =
        call.forProvider(call.protocolAt(AiReplySplitTest.format(provider)), "m");
    // Some providers stream to those who did not ask for it.
    var streamed =
        new AiReply(call, asked, 200, "text/event-stream", new AiLimits(MIB, 100_000, 100, 100));
    assertThat(reply.started()).isFalse();
    byte[] event = event(provider, 64 << 10);
    assertThatThrownBy(() -> feed(streamed, event, 100))
        .isInstanceOfSatisfying(
            AiFormatException.class,
            e -> assertThat(e.kind()).isEqualTo(AiFormatException.Kind.TOO_LARGE));
  }

  @Test
  void boundsTheArgumentsThatItGathersForGemini() {
    AiReply reply = reply("gemini.generateContent", "openai.chat", true, 200);
    byte[] event =
        ("data:"
             + " {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\""
                + "x".repeat(64 << 10)
                + "\"}}]}}]}\n\n")
            .getBytes(UTF_8);
    assertThatThrownBy(() -> feed(reply, event, 100))
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("over 1048576");
  }

  @ParameterizedTest
  @CsvSource({"true, 200", "false, 200", "false, 500"})
  void boundsAnEventABodyAndAnError(boolean stream, int status) {
    AiReply reply = reply("openai.chat", "anthropic.messages", stream, status);
    reply.feed("data: {\"a\":\"".getBytes(UTF_8), stream ? 0 : 6, stream ? 12 : 6);
    byte[] more = "x".repeat(64 << 10).getBytes(UTF_8);
    assertThatThrownBy(() -> feed(reply, more, 100))
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("over 1048576 bytes");
  }
}
