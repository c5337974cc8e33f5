package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.TextSegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class AiRequestTest {
  private static AiCall fixture(String protocol, int... cuts) {
    return Wire.call(Wire.path(protocol), Wire.file(protocol + ".request.json"), cuts);
  }

  private static List<String> texts(AiCall call) {
    var texts = new ArrayList<String>();
    for (TextSegment segment : call.segments()) {
      texts.add(segment.role() + " " + segment.place() + " " + segment.text());
    }
    return texts;
  }

  @Test
  void seesEveryTextOfAChatWithItsRoleAndPlace() {
    assertThat(fixture("openai.chat").segments())
        .extracting(TextSegment::role, TextSegment::place, TextSegment::text)
        .startsWith(
            tuple(Role.USER, "/x_unknown/keep/2", "as it is"),
            tuple(Role.SYSTEM, "/messages/0/content", "Be brief."),
            tuple(
                Role.USER, "/messages/1/content/0/text", "What is the weather in \"Zürich\"?\n🌦"),
            tuple(
                Role.TOOL_INPUT,
                "/messages/2/tool_calls/0/function/arguments",
                "{\"city\":\"Zürich\"}"),
            tuple(Role.TOOL_INPUT, "/messages/2/tool_calls/1/function/arguments", "{}"),
            tuple(Role.TOOL_OUTPUT, "/messages/3/content", "rain"),
            tuple(Role.TOOL_OUTPUT, "/messages/4/content", "{\"hour\":9}"),
            tuple(Role.USER, "/messages/5/content", "And tomorrow?"))
        .contains(tuple(Role.TOOL_DEFINITION, "/tools/0/function/description", "Tells the weather"))
        .noneMatch(tuple -> tuple.toList().get(2).toString().contains("iVBOR"));
  }

  @Test
  void seesWhatTheCallerAsksFor() {
    AiCall call = fixture("openai.chat");
    assertThat(call.protocol()).isEqualTo("openai.chat");
    assertThat(call.model()).isEqualTo("gpt-4o");
    assertThat(call.stream()).isFalse();
    assertThat(call.tools()).containsExactly("weather", "time");
    assertThat(call.parameters())
        .containsEntry("temperature", "0.70")
        .containsEntry("parallel_tool_calls", "true");
    assertThat(call.maxOutputTokens()).hasValue(500);
    assertThat(call.estimatedPromptTokens()).isBetween(40L, 200L);
    assertThat(call.concerns()).isEmpty();
  }

  @Test
  void seesEveryTextOfResponses() {
    AiCall call = fixture("openai.responses");
    assertThat(texts(call))
        .contains(
            "SYSTEM /instructions Be brief.",
            "USER /input/0/content/0/text Look",
            "TOOL_INPUT /input/1/arguments {\"city\":\"Bern\"}",
            "TOOL_OUTPUT /input/2/output sun",
            "ASSISTANT /input/3/content/0/text Sunny.",
            "USER /input/4/content Thanks",
            "TOOL_DEFINITION /tools/0/description Tells the weather");
    assertThat(call.stream()).isTrue();
    assertThat(call.maxOutputTokens()).hasValue(300);
  }

  @Test
  void seesEveryTextOfAnthropicMessages() {
    AiCall call = fixture("anthropic.messages");
    assertThat(texts(call))
        .contains(
            "SYSTEM /system/0/text Be brief.",
            "USER /messages/0/content/0/text What is the weather?",
            "USER /messages/0/content/2/title Notes",
            "USER /messages/0/content/2/source/data the notes",
            "ASSISTANT /messages/1/content/0/thinking They ask.",
            "ASSISTANT /messages/1/content/1/text I look.",
            "TOOL_INPUT /messages/1/content/2/input/city Bern",
            "TOOL_OUTPUT /messages/2/content/0/content rain",
            "TOOL_OUTPUT /messages/2/content/1/content/0/text no clock",
            "USER /messages/2/content/2/text And?",
            "TOOL_DEFINITION /tools/0/description Tells the weather")
        .noneMatch(text -> text.contains("iVBOR") || text.contains("c2ln"));
    assertThat(call.tools()).containsExactly("weather", "time");
  }

  @Test
  void seesEveryTextOfGemini() {
    AiCall call = fixture("gemini.generateContent");
    assertThat(texts(call))
        .contains(
            "SYSTEM /systemInstruction/parts/0/text Be brief.",
            "USER /contents/0/parts/0/text What is the weather?",
            "TOOL_INPUT /contents/1/parts/0/functionCall/args/city Bern",
            "TOOL_OUTPUT /contents/2/parts/0/functionResponse/response/result rain",
            "USER /contents/2/parts/2/text And?",
            "TOOL_DEFINITION /tools/0/functionDeclarations/0/description Tells the weather");
    assertThat(call.model()).isEqualTo("gemini-2.5-flash");
    assertThat(call.maxOutputTokens()).hasValue(200);
    assertThat(call.parameters()).containsEntry("temperature", "0.5");
    assertThat(
            texts(
                Wire.call(
                    "/v1beta/models/m:generateContent",
                    "{\"system_instruction\":{\"parts\":{\"text\":\"a\"}},\"contents\":{\"parts\":[{\"text\":\"b\"}]}}")))
        .containsExactly(
            "SYSTEM /system_instruction/parts/text a", "USER /contents/parts/0/text b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai.chat",
        "openai.completions",
        "openai.responses",
        "openai.embeddings",
        "openai.moderations",
        "anthropic.messages",
        "anthropic.count_tokens",
        "gemini.generateContent",
        "gemini.countTokens"
      })
  void readsTheSameWhereverItIsSplitAndWritesItsBytesBack(String protocol) {
    byte[] body = Wire.file(protocol + ".request.json");
    AiCall whole = fixture(protocol);
    assertThat(whole.segments()).isNotEmpty();
    for (int cut = 0; cut <= body.length; cut++) {
      AiCall call = fixture(protocol, cut);
      assertThat(call.segments()).as("split at %d", cut).isEqualTo(whole.segments());
      assertThat(call.parameters()).isEqualTo(whole.parameters());
      assertThat(call.tools()).isEqualTo(whole.tools());
      assertThat(call.body()).isEqualTo(body);
      assertThat(call.edited()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai.chat",
        "openai.completions",
        "openai.responses",
        "openai.embeddings",
        "openai.moderations",
        "anthropic.messages",
        "anthropic.count_tokens",
        "gemini.generateContent",
        "gemini.countTokens"
      })
  void replacesEachSegmentWhereItStandsAndNothingElse(String protocol) {
    JsonNode before = Wire.json(Wire.file(protocol + ".request.json"));
    int count = fixture(protocol).segments().size();
    for (int i = 0; i < count; i++) {
      AiCall call = fixture(protocol);
      TextSegment segment = call.segments().get(i);
      call.replace(segment, "other \"text\" \u0001 ü😀");
      JsonNode after = Wire.json(call.body());
      assertThat(after.at(segment.place()).stringValue()).isEqualTo("other \"text\" \u0001 ü😀");
      assertThat(call.segments().get(i).text()).isEqualTo("other \"text\" \u0001 ü😀");
      call.replace(call.segments().get(i), segment.text());
      assertThat(Wire.json(call.body())).isEqualTo(before);
    }
  }

  @Test
  void appendsMessagesInTheFormatOfTheCaller() {
    AiCall chat = fixture("openai.chat");
    chat.replace(chat.segments().get(1), "Be kind.");
    chat.appendMessage(Role.SYSTEM, "Obey.");
    JsonNode messages = Wire.json(chat.body()).get("messages");
    assertThat(messages.get(0).get("content").stringValue()).isEqualTo("Be kind.");
    assertThat(messages.get(6).toString()).isEqualTo("{\"role\":\"system\",\"content\":\"Obey.\"}");
    assertThat(chat.segments()).anyMatch(s -> s.text().equals("Obey.") && s.role() == Role.SYSTEM);

    AiCall messagesCall = fixture("anthropic.messages");
    messagesCall.appendMessage(Role.SYSTEM, "Obey.");
    messagesCall.appendMessage(Role.USER, "Now.");
    JsonNode anthropic = Wire.json(messagesCall.body());
    assertThat(anthropic.at("/system/1/text").stringValue()).isEqualTo("Obey.");
    assertThat(anthropic.at("/messages/3/content").stringValue()).isEqualTo("Now.");

    AiCall count = fixture("anthropic.count_tokens");
    count.appendMessage(Role.SYSTEM, "Obey.");
    assertThat(Wire.json(count.body()).get("system").stringValue()).isEqualTo("Be brief.\n\nObey.");

    AiCall gemini = fixture("gemini.countTokens");
    gemini.appendMessage(Role.SYSTEM, "Obey.");
    gemini.appendMessage(Role.ASSISTANT, "Yes.");
    JsonNode node = Wire.json(gemini.body());
    assertThat(node.at("/systemInstruction/parts/0/text").stringValue()).isEqualTo("Obey.");
    assertThat(node.at("/contents/1/role").stringValue()).isEqualTo("model");

    AiCall responses = Wire.call("/v1/responses", "{\"model\":\"m\",\"input\":\"Hi\"}");
    responses.appendMessage(Role.USER, "there");
    assertThat(Wire.json(responses.body()).at("/input/1/content").stringValue()).isEqualTo("there");

    AiCall completions = fixture("openai.completions");
    completions.appendMessage(Role.USER, "there was");
    assertThat(Wire.json(completions.body()).at("/prompt/1").stringValue())
        .isEqualTo("a time\nthere was");
  }

  @Test
  void changesTheModelInTheBodyOrInThePath() {
    AiCall chat = fixture("openai.chat");
    chat.setModel("other");
    assertThat(Wire.text(chat.body()))
        .isEqualTo(
            Wire.text(Wire.file("openai.chat.request.json")).replace("\"gpt-4o\"", "\"other\""));
    AiCall gemini = fixture("gemini.generateContent");
    gemini.setModel("gemini/x");
    ProviderRequest asked = gemini.forProvider(gemini.protocolAt(AiFormat.GEMINI), gemini.model());
    assertThat(asked.path()).isEqualTo("/models/gemini%2Fx:generateContent");
    assertThat(asked.body()).isEqualTo(Wire.file("gemini.generateContent.request.json"));
    AiCall none = Wire.call("/v1/chat/completions", "{\"messages\":[]}");
    assertThat(Wire.text(none.forProvider(AiProtocol.OPENAI_CHAT, "m").body()))
        .isEqualTo("{\"model\":\"m\",\"messages\":[]}");
  }

  @Test
  void asksAStreamForItsUsageWhenTheClientDidNot() {
    assertThat(askedBody("{\"model\":\"m\",\"stream\":true}"))
        .isEqualTo("{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true}");
    assertThat(askedBody("{\"model\":\"m\",\"stream\":true,\"stream_options\":{}}"))
        .contains("\"stream_options\":{\"include_usage\":true}");
    assertThat(
            askedBody(
                "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":false,\"x\":1}}"))
        .contains("{\"include_usage\":true,\"x\":1}");
    String asks = "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    assertThat(askedBody(asks)).isEqualTo(asks);
    assertThat(askedBody("{\"model\":\"m\"}")).isEqualTo("{\"model\":\"m\"}");
  }

  private static String askedBody(String body) {
    return Wire.text(
        Wire.call("/v1/chat/completions", body).forProvider(AiProtocol.OPENAI_CHAT, "m").body());
  }

  @Test
  void reportsWhatCouldSlipPastAGuard() {
    assertConcern(
        "/v1/chat/completions",
        "{\"messages\":[{\"content\":\"a\",\"c\\u006fntent\":\"b\"}]}",
        Concern.Kind.DUPLICATE_KEY,
        "/messages/0/content");
    assertConcern(
        "/v1/chat/completions",
        "{\"messages\":[{\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/messages/0/content/0/file/file_id");
    assertConcern(
        "/v1/responses",
        "{\"previous_response_id\":\"resp_1\",\"input\":\"x\"}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/previous_response_id");
    assertConcern(
        "/v1/responses", "{\"prompt\":{\"id\":\"p\"}}", Concern.Kind.CONTENT_ELSEWHERE, "/prompt");
    assertConcern(
        "/v1/responses",
        "{\"input\":[{\"type\":\"item_reference\",\"id\":\"i\"}]}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/input/0");
    assertConcern(
        "/v1/completions", "{\"prompt\":[1,2,3]}", Concern.Kind.OPAQUE_CONTENT, "/prompt");
    assertConcern("/v1/embeddings", "{\"input\":[[1],[2]]}", Concern.Kind.OPAQUE_CONTENT, "/input");
    assertConcern(
        "/v1/messages",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/messages/0/content/0/source/file_id");
    assertConcern(
        "/v1beta/models/m:generateContent",
        "{\"cached_content\":\"cachedContents/1\"}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/cached_content");
    assertConcern(
        "/v1beta/models/m:generateContent",
        "{\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"u\"}}]}]}",
        Concern.Kind.CONTENT_ELSEWHERE,
        "/contents/0/parts/0/fileData");
  }

  private static void assertConcern(String path, String body, Concern.Kind kind, String place) {
    assertThat(Wire.call(path, body).concerns())
        .extracting(Concern::kind, Concern::place)
        .containsExactly(tuple(kind, place));
  }

  @Test
  void reportsABodyThatItCannotReadAndPassesItOn() {
    byte[] packed = {0x1f, (byte) 0x8b, 8};
    var reader =
        new AiRequestReader(
            Wire.endpoint("/v1/chat/completions"),
            Wire.headers("content-encoding", "gzip"),
            AiLimits.DEFAULT);
    reader.feed(packed, 0, packed.length);
    AiCall call = reader.finish();
    assertThat(call.concerns())
        .extracting(Concern::kind)
        .containsExactly(Concern.Kind.UNREADABLE_ENCODING);
    assertThat(call.body()).isEqualTo(packed);
    assertThatThrownBy(() -> call.forProvider(AiProtocol.ANTHROPIC_MESSAGES, "m"))
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("no body that can be read");
  }

  @Test
  void seesTextInPartsThatItDoesNotKnow() {
    assertThat(
            texts(
                Wire.call(
                    "/v1/chat/completions",
                    "{\"messages\":[{\"role\":\"robot\",\"content\":[{\"type\":\"new\",\"inner\":{\"say\":[\"hid\"]}}],\"extra\":\"den\"}],\"prediction\":{\"type\":\"content\",\"content\":\"pre\"}}")))
        .contains(
            "USER /messages/0/content/0/inner/say/0 hid",
            "USER /messages/0/extra den",
            "ASSISTANT /prediction/content pre");
  }

  @Test
  void findsTheEndpointsWhereverTheyAreMounted() {
    assertThat(Wire.endpoint("/llm/v1/chat/completions?x=1").protocol())
        .isEqualTo(AiProtocol.OPENAI_CHAT);
    assertThat(Wire.endpoint("/v1beta/models/a%2Fb:streamGenerateContent?key=k&alt=sse"))
        .isEqualTo(new AiEndpoint(AiProtocol.GEMINI_GENERATE, "a/b", true, true));
    assertThat(Wire.endpoint("/v1beta/models/m:streamGenerateContent").serverSentEvents())
        .isFalse();
    assertThat(AiEndpoint.of("POST", "/v1/files", Wire.headers())).isEmpty();
    assertThat(AiEndpoint.of("GET", "/v1/responses/resp_1", Wire.headers())).isEmpty();
    assertThat(AiEndpoint.of("POST", "/v1/images/generations", Wire.headers())).isEmpty();
    assertThat(AiEndpoint.of("GET", "/v1/models/m", Wire.headers()))
        .hasValue(new AiEndpoint(AiProtocol.OPENAI_MODELS, "m", false, false));
    assertThat(
            AiEndpoint.of("GET", "/v1/models", Wire.headers("anthropic-version", "2023-06-01"))
                .orElseThrow()
                .protocol())
        .isEqualTo(AiProtocol.ANTHROPIC_MODELS);
  }

  @Test
  void holdsItsLimits() {
    var tools = new StringBuilder("{\"tools\":[");
    for (int i = 0; i < 10_000; i++) {
      tools
          .append(i == 0 ? "" : ",")
          .append("{\"function\":{\"name\":\"t")
          .append(i)
          .append("\"}}");
    }
    AiCall call = Wire.call("/v1/chat/completions", tools + "]}");
    assertThat(call.tools()).hasSize(10_000);
    assertTooLarge(tools + ",{\"function\":{\"name\":\"more\"}}]}", "tools: over 10000");
    assertTooLarge("{\"messages\":[\"" + "x".repeat(10 << 20) + "\"]}", "over 10485760 bytes");
    assertTooLarge("{\"x\":" + "[".repeat(1_000), "nesting: over 1000 levels");
    assertTooLarge("{\"input\":[" + "\"a\",".repeat(300_000) + "1]}", "texts: over 250000");
    assertThatThrownBy(() -> Wire.call("/v1/chat/completions", "[]"))
        .hasMessage("the body is no JSON object (expected: an object)");
    String long10 =
        "{\"messages\":[{\"content\":\""
            + "é".repeat(5 << 20).substring(0, (5 << 20) - 40)
            + "\"}]}";
    assertThat(Wire.call("/v1/chat/completions", long10).body()).isEqualTo(long10.getBytes(UTF_8));
  }

  private static void assertTooLarge(String body, String message) {
    assertThatThrownBy(() -> Wire.call("/v1/chat/completions", body))
        .isInstanceOfSatisfying(
            AiFormatException.class,
            e -> assertThat(e.kind()).isEqualTo(AiFormatException.Kind.TOO_LARGE))
        .hasMessageContaining(message);
  }
}
