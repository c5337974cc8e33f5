package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.ai.AiEvent;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Tells each provider's response to each client, field by field. */
class AiReplyTranslationTest {
  /** What the fixtures say, each in its provider's words. */
  private static final String TEXT = "Hällo 😀";

  private static AiCall call(String client, boolean stream) {
    String on = ",\"stream\":" + stream;
    String say = "\"messages\":[{\"role\":\"user\",\"content\":\"some words of a prompt\"}]";
    return switch (client) {
      case "openai.chat" ->
          Wire.call(
              Wire.path(client),
              "{\"model\":\"m\","
                  + say
                  + (stream ? ",\"stream_options\":{\"include_usage\":true}" : "")
                  + on
                  + "}");
      case "openai.responses" ->
          Wire.call(Wire.path(client), "{\"model\":\"m\",\"input\":\"some words\"" + on + "}");
      case "anthropic.messages" ->
          Wire.call(Wire.path(client), "{\"model\":\"m\",\"max_tokens\":9," + say + on + "}");
      default ->
          Wire.call(
              "/v1beta/models/m:" + (stream ? "streamGenerateContent?alt=sse" : "generateContent"),
              "{\"contents\":[{\"parts\":[{\"text\":\"some words\"}]}]}");
    };
  }

  private static Wire.Result lead(String client, String provider, boolean stream, String bytes) {
    return lead(call(client, stream), provider, stream, 200, bytes);
  }

  private static Wire.Result lead(
      AiCall call, String provider, boolean stream, int status, String bytes) {
    AiFormat format =
        AiFormat.valueOf(provider.substring(0, provider.indexOf('.')).toUpperCase(Locale.ROOT));
    ProviderRequest asked = call.forProvider(call.protocolAt(format), "m");
    String type = stream && status == 200 ? "text/event-stream" : "application/json";
    var reply = new AiReply(call, asked, status, type, AiLimits.DEFAULT);
    return Wire.lead(reply, bytes.getBytes(UTF_8), event -> null);
  }

  private static String file(String provider, boolean stream) {
    return Wire.text(Wire.file(provider + ".reply." + (stream ? "sse" : "json")))
        .replace("\r\n", "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat, openai.chat",
    "openai.chat, anthropic.messages",
    "openai.chat, gemini.generateContent",
    "openai.responses, openai.responses",
    "openai.responses, anthropic.messages",
    "openai.responses, gemini.generateContent",
    "anthropic.messages, openai.chat",
    "anthropic.messages, anthropic.messages",
    "anthropic.messages, gemini.generateContent",
    "gemini.generateContent, openai.chat",
    "gemini.generateContent, anthropic.messages",
    "gemini.generateContent, gemini.generateContent"
  })
  void tellsAnAnswer(String client, String provider) {
    for (boolean stream : new boolean[] {false, true}) {
      Wire.Result result = lead(client, provider, stream, file(provider, stream));
      ToldReply told = ToldReply.read(client, stream, result.text());
      assertThat(told.text).isEqualTo(TEXT);
      assertThat(told.thinking).isEqualTo("I greet.");
      boolean oneCall = provider.equals("openai.responses") && stream;
      assertThat(told.calls)
          .startsWith("weather {\"city\":\"Bern\"}")
          .hasSize(oneCall ? 1 : 2)
          .last()
          .isEqualTo(oneCall ? "weather {\"city\":\"Bern\"}" : "time {}");
      assertThat(told.order).as("thought, text, calls").isEqualTo(oneCall ? "rtc" : "rtcc");
      if (!client.startsWith("gemini")) {
        assertThat(new HashSet<>(told.ids)).hasSize(told.calls.size()).doesNotContain("");
      }
      assertThat(told.finish)
          .isEqualTo(
              switch (client) {
                case "openai.chat" -> "tool_calls";
                case "openai.responses" -> "completed";
                case "anthropic.messages" -> "tool_use";
                default -> "STOP";
              });
      assertThat(told.emptyBlock).isFalse();
      assertThat(told.input).isEqualTo(100);
      assertThat(told.cached).isEqualTo(60);
      assertThat(told.output).isEqualTo(20);
      if (!client.startsWith("anthropic") && !provider.startsWith("anthropic")) {
        assertThat(told.reasoning).isEqualTo(5);
      }
      assertThat(told.model).isNotEmpty().isEqualTo(result.reply().model());
      assertThat(result.reply().usage().input()).isEqualTo(100);
      assertThat(result.reply().usage().estimated()).isFalse();
      if (stream && client.equals("openai.chat")) {
        assertThat(result.text()).endsWith("data: [DONE]\n\n");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "length, max_tokens, MAX_TOKENS, max_output_tokens",
    "content_filter, refusal, SAFETY, content_filter",
    "stop, end_turn, STOP, completed"
  })
  void tellsWhyAnAnswerEnded(String chat, String messages, String gemini, String responses) {
    String anthropic =
        file("anthropic.messages", false).replace("\"tool_use\",\"stop_s", "\"%s\",\"stop_s");
    String google =
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}],\"role\":\"model\"},\"finishReason\":\""
            + gemini
            + "\"}]}";
    var replies =
        Map.of(
            "anthropic.messages",
            anthropic.formatted(messages),
            "openai.chat",
            "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\"finish_reason\":\""
                + chat
                + "\"}]}",
            "gemini.generateContent",
            google);
    replies.forEach(
        (provider, body) -> {
          assertThat(
                  ToldReply.read(
                          "openai.chat", false, lead("openai.chat", provider, false, body).text())
                      .finish)
              .as(provider)
              .isEqualTo(chat);
          assertThat(
                  ToldReply.read(
                          "anthropic.messages",
                          false,
                          lead("anthropic.messages", provider, false, body).text())
                      .finish)
              .as(provider)
              .isEqualTo(messages);
          assertThat(
                  ToldReply.read(
                          "gemini.generateContent",
                          false,
                          lead("gemini.generateContent", provider, false, body).text())
                      .finish)
              .as(provider)
              .isEqualTo(gemini);
          if (!provider.equals("openai.chat")) {
            assertThat(
                    ToldReply.read(
                            "openai.responses",
                            false,
                            lead("openai.responses", provider, false, body).text())
                        .finish)
                .as(provider)
                .isEqualTo(responses);
          }
        });
  }

  private static final String[] ERRORS = {
    "openai.chat|{\"error\":{\"message\":\"too"
        + " fast\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
    "anthropic.messages|{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"too"
        + " fast\"},\"request_id\":\"r\"}",
    "gemini.generateContent|{\"error\":{\"code\":429,\"message\":\"too"
        + " fast\",\"status\":\"RESOURCE_EXHAUSTED\"}}"
  };

  @ParameterizedTest
  @CsvSource({
    "openai.chat, rate_limit_error", "openai.responses, rate_limit_error",
    "anthropic.messages, rate_limit_error", "gemini.generateContent, RESOURCE_EXHAUSTED"
  })
  void tellsAnErrorInTheClientsWords(String client, String word) {
    for (String error : ERRORS) {
      String provider = error.substring(0, error.indexOf('|'));
      if (client.startsWith(provider.substring(0, 6))) {
        continue;
      }
      for (boolean stream : new boolean[] {false, true}) {
        Wire.Result result =
            lead(
                call(client, stream),
                provider,
                stream,
                429,
                error.substring(error.indexOf('|') + 1));
        assertThat(result.reply().status()).isEqualTo(429);
        assertThat(result.reply().contentType()).isEqualTo("application/json");
        JsonNode body = result.json();
        assertThat(body.at("/error/message").asString()).isEqualTo("too fast");
        assertThat(body.toString()).contains(word);
        assertThat(result.events()).isEmpty();
      }
    }
  }

  @Test
  void tellsAPageOfHtmlAsAnErrorOfItsStatus() {
    for (String client : new String[] {"openai.chat", "openai.responses", "anthropic.messages"}) {
      Wire.Result result =
          lead(call(client, true), "gemini.generateContent", true, 502, "<html>Bad \u00ff</html>");
      assertThat(result.reply().status()).isEqualTo(502);
      assertThat(result.json().at("/error/message").asString()).contains("status 502");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat, anthropic.messages", "openai.chat, gemini.generateContent",
    "openai.chat, openai.chat", "openai.responses, openai.responses",
    "openai.responses, anthropic.messages", "anthropic.messages, openai.chat",
    "anthropic.messages, anthropic.messages", "anthropic.messages, gemini.generateContent",
    "gemini.generateContent, openai.chat", "gemini.generateContent, anthropic.messages",
    "gemini.generateContent, gemini.generateContent"
  })
  void endsAStreamThatIsCutWithAnErrorWhereverItIsCut(String client, String provider) {
    String whole = file(provider, true);
    int last =
        provider.startsWith("openai.chat")
            ? whole.indexOf("\"finish_reason\":\"tool_calls\"")
            : whole.lastIndexOf("\n\n", whole.length() - 3);
    int cuts = 0;
    for (int end = whole.indexOf("\n\n");
        end >= 0 && end < last;
        end = whole.indexOf("\n\n", end + 2)) {
      for (int more : new int[] {0, 2, 9}) {
        Wire.Result result = lead(client, provider, true, whole.substring(0, end + more));
        ToldReply told = ToldReply.read(client, true, complete(result.text()));
        assertThat(told.error).as("%s cut at %d+%d", result.text(), end, more).isNotNull();
        assertThat(result.text()).doesNotContain("[DONE]", "message_stop", "response.completed");
        assertThat(result.reply().complete()).isFalse();
        assertThat(result.reply().error()).isNotNull();
        cuts++;
      }
    }
    assertThat(cuts).isGreaterThan(2);
  }

  /** A client drops a line that is not whole. */
  private static String complete(String stream) {
    var kept = new StringBuilder();
    for (String frame : stream.split("\n\n", -1)) {
      for (String line : frame.split("\n", -1)) {
        try {
          if (line.startsWith("data: {")) {
            Wire.JSON.readTree(line.substring(6));
          }
          kept.append(line).append('\n');
        } catch (tools.jackson.core.JacksonException e) {
          // Half of an event.
        }
      }
      kept.append('\n');
    }
    return kept.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic.messages, openai.chat", "openai.chat, anthropic.messages",
    "gemini.generateContent, anthropic.messages", "openai.responses, gemini.generateContent"
  })
  void tellsAnErrorInTheMiddleOfAStream(String client, String provider) {
    String whole = file(provider, true);
    String error =
        switch (provider) {
          case "openai.chat" ->
              "data: {\"error\":{\"message\":\"too"
                  + " much\",\"type\":\"server_error\",\"code\":null}}\n\n";
          case "anthropic.messages" ->
              "event: error\n"
                  + "data:"
                  + " {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"too"
                  + " much\"}}\n\n";
          default ->
              "data: {\"error\":{\"code\":503,\"message\":\"too"
                  + " much\",\"status\":\"UNAVAILABLE\"}}\n\n";
        };
    int cut = whole.indexOf("\n\n", whole.indexOf("Häl")) + 2;
    Wire.Result result = lead(client, provider, true, whole.substring(0, cut) + error);
    ToldReply told = ToldReply.read(client, true, result.text());
    assertThat(told.error).isEqualTo("too much");
    assertThat(result.text()).doesNotContain("[DONE]", "message_stop", "response.completed");
    assertThat(result.reply().error()).isNotNull();
  }

  @Test
  void tellsAGeminiClientWithoutEventsAnArray() {
    String body = "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}";
    for (String provider : new String[] {"openai.chat", "anthropic.messages"}) {
      AiCall call = Wire.call("/v1beta/models/m:streamGenerateContent", body);
      Wire.Result result = lead(call, provider, true, 200, file(provider, true));
      assertThat(result.reply().contentType()).startsWith("application/json");
      JsonNode array = result.json();
      assertThat(array.isArray()).isTrue();
      assertThat(array.size()).isGreaterThan(2);
      Wire.Result cut = lead(call, provider, true, 200, file(provider, true).substring(0, 900));
      JsonNode last = cut.json();
      assertThat(last.get(last.size() - 1).has("error")).isTrue();
    }
  }

  /** A provider may speak of its calls in turns; none of them begins twice. */
  @Test
  void keepsCallsApartThatComeInTurns() {
    var stream = new StringBuilder();
    for (String call :
        new String[] {
          "{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}",
          "{\"index\":1,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}",
          "{\"index\":0,\"function\":{\"arguments\":\":1}\"}}",
          "{\"index\":1,\"function\":{\"arguments\":\"}\"}}"
        }) {
      stream
          .append(
              "data:"
                  + " {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[")
          .append(call)
          .append("]},\"finish_reason\":null}]}\n\n");
    }
    stream
        .append(
            "data:"
                + " {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n")
        .append("data: [DONE]\n\n");
    for (String client : new String[] {"anthropic.messages", "gemini.generateContent"}) {
      Wire.Result result = lead(client, "openai.chat", true, stream.toString());
      ToldReply told = ToldReply.read(client, true, result.text());
      assertThat(told.calls).as(client).containsExactly("f {\"x\":1}", "g {}");
    }
  }

  @Test
  void givesCallsWithoutAnIdAnotherOneInEachResponse() {
    String reply = file("gemini.generateContent", false);
    var ids = new HashSet<String>();
    for (String response : new String[] {"r1", "r2"}) {
      String body = reply.replace("\"r1\"", "\"" + response + "\"");
      ids.addAll(
          ToldReply.read(
                  "openai.chat",
                  false,
                  lead("openai.chat", "gemini.generateContent", false, body).text())
              .ids);
    }
    assertThat(ids).hasSize(4);
  }

  @Test
  void estimatesAUsageThatTheProviderDoesNotTell() {
    String silent =
        file("openai.chat", true)
            .lines()
            .filter(line -> !line.contains("\"choices\":[]"))
            .reduce("", (all, line) -> all + line + "\n");
    Wire.Result result = lead("anthropic.messages", "openai.chat", true, silent);
    assertThat(result.reply().usage().estimated()).isTrue();
    ToldReply told = ToldReply.read("anthropic.messages", true, result.text());
    assertThat(told.input).isPositive();
    assertThat(told.output).isPositive();
  }

  @Test
  void stripsTheUsageThatItAskedFor() {
    AiCall call =
        Wire.call(
            "/v1/chat/completions",
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    String whole = file("openai.chat", true);
    Wire.Result result = lead(call, "openai.chat", true, 200, whole);
    assertThat(result.text())
        .doesNotContain("usage")
        .contains("obfuscation")
        .endsWith("data: [DONE]\n\n");
    assertThat(result.reply().usage().output()).isEqualTo(20);
    assertThat(result.events()).hasAtLeastOneElementOfType(AiEvent.UsageReport.class);
  }
}
