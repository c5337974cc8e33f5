package dev.sluice.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tells each client's request to each provider, field by field. */
class AiTranslationTest {
  private static final String PNG = "iVBORw0KGgo=";
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"description\":\"wo"
          + " ü\"}},\"required\":[\"city\"],\"additionalProperties\":false}";

  /** One conversation in the words of each client; CHOICE, STREAM and MORE are put in. */
  private static final Map<String, String> CONVERSATION =
      Map.of(
          "openai.chat",
          """
          {"model":"m","messages":[
            {"role":"system","content":"Be brief."},
            {"role":"user","content":[{"type":"text","text":"Look \\u00fc\\n\\"q\\""},
              {"type":"image_url","image_url":{"url":"data:image/png;base64,PNG"}}]},
            {"role":"assistant","content":"I look.","tool_calls":[
              {"id":"c1","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"Bern\\"}"}},
              {"id":"c2","type":"function","function":{"name":"clock","arguments":""}}]},
            {"role":"tool","tool_call_id":"c1","content":"rain"},
            {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"noon"}]},
            {"role":"user","content":"And tomorrow?"}],
           "tools":[{"type":"function","function":{"name":"weather","description":"Tells it","parameters":SCHEMA}},
            {"type":"function","function":{"name":"clock"}}],
           "tool_choice":"auto","max_tokens":500,"temperature":0.5,"top_p":0.9,"stop":"END","stream":STREAM,"user":"u"}\
          """,
          "openai.responses",
          """
          {"model":"m","instructions":"Be brief.","input":[
            {"role":"user","content":[{"type":"input_text","text":"Look ü\\n\\"q\\""},
              {"type":"input_image","image_url":"data:image/png;base64,PNG"}]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]},
            {"type":"function_call","call_id":"c1","name":"weather","arguments":"{\\"city\\":\\"Bern\\"}"},
            {"type":"function_call","call_id":"c2","name":"clock","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"rain"},
            {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"noon"}]},
            {"role":"user","content":"And tomorrow?"}],
           "tools":[{"type":"function","name":"weather","description":"Tells it","parameters":SCHEMA},
            {"type":"function","name":"clock"}],
           "tool_choice":"auto","max_output_tokens":500,"temperature":0.5,"top_p":0.9,"stream":STREAM,"user":"u"}\
          """,
          "anthropic.messages",
          """
          {"model":"m","max_tokens":500,"system":"Be brief.","messages":[
            {"role":"user","content":[{"type":"text","text":"Look ü\\n\\"q\\""},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"PNG"}}]},
            {"role":"assistant","content":[{"type":"text","text":"I look."},
              {"type":"tool_use","id":"c1","name":"weather","input":{"city":"Bern"}},
              {"type":"tool_use","id":"c2","name":"clock","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"rain"},
              {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"noon"}]},
              {"type":"text","text":"And tomorrow?"}]}],
           "tools":[{"name":"weather","description":"Tells it","input_schema":SCHEMA},
            {"name":"clock","input_schema":{"type":"object"}}],
           "tool_choice":{"type":"auto"},"temperature":0.5,"top_p":0.9,"stop_sequences":["END"],"stream":STREAM,
           "metadata":{"user_id":"u"}}\
          """,
          "gemini.generateContent",
          """
          {"system_instruction":{"parts":[{"text":"Be brief."}]},"contents":[
            {"role":"user","parts":[{"text":"Look ü\\n\\"q\\""},{"inline_data":{"mime_type":"image/png","data":"PNG"}}]},
            {"role":"model","parts":[{"text":"I look."},{"functionCall":{"id":"c1","name":"weather","args":{"city":"Bern"}}},
              {"functionCall":{"id":"c2","name":"clock"}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"weather","response":{"result":"rain"}}},
              {"functionResponse":{"id":"c2","name":"clock","response":{"output":"noon"}}},{"text":"And tomorrow?"}]}],
           "tools":[{"functionDeclarations":[
             {"name":"weather","description":"Tells it","parameters_json_schema":SCHEMA},{"name":"clock"}]}],
           "tool_config":{"function_calling_config":{"mode":"AUTO"}},
           "generation_config":{"max_output_tokens":500,"temperature":0.5,"topP":0.9,"stop_sequences":["END"]}}\
          """);

  private static AiCall call(String client, boolean stream, String from, String to) {
    String body =
        java.util.Objects.requireNonNull(CONVERSATION.get(client))
            .replace("PNG", PNG)
            .replace("SCHEMA", SCHEMA)
            .replace("STREAM", Boolean.toString(stream))
            .replace(from, to);
    String path =
        client.startsWith("gemini") && stream
            ? "/v1beta/models/m:streamGenerateContent?alt=sse"
            : Wire.path(client);
    return Wire.call(path, body);
  }

  private static ToldRequest told(AiCall call, AiFormat provider) {
    ProviderRequest asked = call.forProvider(call.protocolAt(provider), "m");
    return ToldRequest.read(asked.protocol(), Wire.json(asked.body()));
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat, ANTHROPIC", "openai.chat, GEMINI",
    "openai.responses, ANTHROPIC", "openai.responses, GEMINI",
    "anthropic.messages, OPENAI", "anthropic.messages, GEMINI",
    "gemini.generateContent, OPENAI", "gemini.generateContent, ANTHROPIC"
  })
  void tellsAConversation(String client, AiFormat provider) {
    for (boolean stream : new boolean[] {false, true}) {
      ToldRequest told = told(call(client, stream, "", ""), provider);
      boolean gemini = provider == AiFormat.GEMINI;
      assertThat(told.said())
          .containsExactly(
              "system: Be brief.",
              "user: Look ü\n\"q\"",
              "user: data:image/png;base64," + PNG,
              "assistant: I look.",
              "call " + (gemini ? "" : "c1") + " of weather {\"city\":\"Bern\"}",
              "call " + (gemini ? "" : "c2") + " of clock {}",
              "output of " + (gemini ? "weather" : "c1") + ": rain",
              "output of " + (gemini ? "clock" : "c2") + ": noon",
              "user: And tomorrow?");
      assertThat(told.tools()).containsExactly("weather Tells it " + SCHEMA, "clock  none");
      assertThat(told.settings())
          .containsEntry("max", "500")
          .containsEntry("temperature", "0.5")
          .containsEntry("top_p", "0.9")
          .containsEntry("choice", "auto");
      if (!client.equals("openai.responses")) {
        assertThat(told.settings().get("stop")).isEqualTo("[\"END\"]");
      }
      if (!gemini) {
        assertThat(told.settings().get("stream")).isEqualTo(stream ? "true" : null);
        assertThat(told.settings().get("user")).isEqualTo(client.startsWith("gemini") ? null : "u");
      }
    }
  }

  @Test
  void tellsEachChoiceOfTools() {
    var choices =
        List.of(
            List.of(
                "openai.chat",
                "\"tool_choice\":\"auto\"",
                "\"tool_choice\":\"required\"",
                "required"),
            List.of("openai.chat", "\"tool_choice\":\"auto\"", "\"tool_choice\":\"none\"", "none"),
            List.of(
                "openai.chat",
                "\"tool_choice\":\"auto\"",
                "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"clock\"}}",
                "clock"),
            List.of(
                "openai.responses",
                "\"tool_choice\":\"auto\"",
                "\"tool_choice\":\"required\"",
                "required"),
            List.of(
                "openai.responses",
                "\"tool_choice\":\"auto\"",
                "\"tool_choice\":{\"type\":\"function\",\"name\":\"clock\"}",
                "clock"),
            List.of("anthropic.messages", "{\"type\":\"auto\"}", "{\"type\":\"any\"}", "required"),
            List.of("anthropic.messages", "{\"type\":\"auto\"}", "{\"type\":\"none\"}", "none"),
            List.of(
                "anthropic.messages",
                "{\"type\":\"auto\"}",
                "{\"type\":\"tool\",\"name\":\"clock\"}",
                "clock"),
            List.of("gemini.generateContent", "\"AUTO\"", "\"ANY\"", "required"),
            List.of("gemini.generateContent", "\"AUTO\"", "\"NONE\"", "none"),
            List.of(
                "gemini.generateContent",
                "\"AUTO\"",
                "\"ANY\",\"allowed_function_names\":[\"clock\"]",
                "clock"));
    for (List<String> choice : choices) {
      for (AiFormat provider : AiFormat.values()) {
        AiCall call = call(choice.get(0), false, choice.get(1), choice.get(2));
        if (call.protocolAt(provider) != call.endpoint().protocol()) {
          assertThat(told(call, provider).settings())
              .as("%s to %s", choice, provider)
              .containsEntry("choice", choice.get(3));
        }
      }
    }
  }

  @Test
  void tellsThatOnlyOneToolMayBeCalledAtATime() {
    AiCall chat =
        call(
            "openai.chat",
            false,
            "\"tool_choice\"",
            "\"parallel_tool_calls\":false,\"tool_choice\"");
    assertThat(told(chat, AiFormat.ANTHROPIC).settings()).containsEntry("parallel", "false");
    assertThatThrownBy(() -> told(chat, AiFormat.GEMINI))
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("parallel_tool_calls");
    AiCall messages =
        call(
            "anthropic.messages",
            false,
            "{\"type\":\"auto\"}",
            "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}");
    assertThat(told(messages, AiFormat.OPENAI).settings()).containsEntry("parallel", "false");
  }

  @Test
  void givesAnthropicTheLimitThatItWants() {
    AiCall call = Wire.call("/v1/chat/completions", chat(""));
    assertThat(told(call, AiFormat.ANTHROPIC).settings()).containsEntry("max", "4096");
    assertThat(told(call, AiFormat.GEMINI).settings()).doesNotContainKey("max");
  }

  private static String chat(String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]" + more + "}";
  }

  @Test
  void tellsHowMuchToThink() {
    AiCall chat =
        Wire.call(
            "/v1/chat/completions", chat(",\"reasoning_effort\":\"low\",\"max_tokens\":3000"));
    assertThat(told(chat, AiFormat.ANTHROPIC).settings())
        .containsEntry("thinking", "1024")
        .containsEntry("max", "3000");
    assertThat(told(chat, AiFormat.GEMINI).settings())
        .containsEntry("thinking", "1024")
        .containsEntry("thoughts", "true");
    AiCall messages =
        Wire.call(
            "/v1/messages",
            "{\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8000},\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    assertThat(told(messages, AiFormat.OPENAI).settings()).containsEntry("effort", "medium");
    assertThat(told(messages, AiFormat.GEMINI).settings())
        .containsEntry("thinking", "8000")
        .containsEntry("thoughts", "true");
    AiCall gemini =
        Wire.call(
            "/v1beta/models/m:generateContent",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}}");
    assertThat(told(gemini, AiFormat.ANTHROPIC).settings()).doesNotContainKey("thinking");
  }

  @Test
  void doesNotAskAnthropicToThinkWhereItWouldRefuse() {
    AiCall answered = call("openai.chat", false, "\"user\":\"u\"", "\"reasoning_effort\":\"low\"");
    // The last message has the outputs of tools and more; nothing signed precedes the calls.
    assertThat(told(answered, AiFormat.ANTHROPIC).settings()).doesNotContainKey("thinking");
    AiCall forced =
        Wire.call(
            "/v1/chat/completions",
            chat(
                ",\"reasoning_effort\":\"low\",\"max_tokens\":3000,\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"t\"}}]"));
    assertThat(told(forced, AiFormat.ANTHROPIC).settings())
        .doesNotContainKey("thinking")
        .containsEntry("choice", "required");
  }

  @Test
  void givesEachProviderIdsAndNamesThatItTakes() {
    AiCall odd = call("openai.chat", false, "c1", "functions.weather:0");
    assertThat(told(odd, AiFormat.ANTHROPIC).said())
        .contains(
            "call functions_weather_0 of weather {\"city\":\"Bern\"}",
            "output of functions_weather_0: rain");
    AiCall call = call("anthropic.messages", false, "", "");
    assertThat(Wire.text(call.forProvider(AiProtocol.OPENAI_CHAT, "gpt-5.1").body()))
        .contains("\"max_completion_tokens\":500");
    assertThat(Wire.text(call.forProvider(AiProtocol.OPENAI_CHAT, "llama-4").body()))
        .contains("\"max_tokens\":500");
  }

  /** Gemini has no ids: the outputs of two calls of one tool are told apart by their order. */
  @Test
  void ordersTheOutputsOfParallelCallsForGemini() {
    AiCall chat =
        Wire.call(
            "/v1/chat/completions",
            """
            {"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[
              {"id":"x","type":"function","function":{"name":"t","arguments":"{\\"n\\":1}"}},
              {"id":"y","type":"function","function":{"name":"t","arguments":"{\\"n\\":2}"}}]},
              {"role":"tool","tool_call_id":"y","content":"two"},
              {"role":"tool","tool_call_id":"x","content":"one"}]}\
            """);
    assertThat(told(chat, AiFormat.GEMINI).said())
        .containsExactly(
            "user: a",
            "call  of t {\"n\":1}",
            "call  of t {\"n\":2}",
            "output of t: one",
            "output of t: two");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | \"n\":2 | ANTHROPIC | n",
        "/v1/chat/completions | \"presence_penalty\":1 | ANTHROPIC | presence_penalty",
        "/v1/chat/completions | \"logit_bias\":{} | GEMINI | logit_bias",
        "/v1/chat/completions | \"logprobs\":true | ANTHROPIC | logprobs",
        "/v1/chat/completions | \"response_format\":{\"type\":\"json_object\"} | ANTHROPIC |"
            + " json_object",
        "/v1/chat/completions | \"modalities\":[\"audio\"] | GEMINI | modalities",
        "/v1/chat/completions | \"web_search_options\":{} | ANTHROPIC | web_search_options",
        "/v1/chat/completions | \"functions\":[] | ANTHROPIC | functions",
        "/v1/chat/completions | \"tools\":[{\"type\":\"custom\",\"custom\":{}}] | ANTHROPIC |"
            + " custom",
        "/v1/messages | \"mcp_servers\":[] | OPENAI | mcp_servers",
        "/v1/messages | \"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"w\"}] | OPENAI |"
            + " web_search_20250305",
        "/v1/messages | \"container\":\"c\" | GEMINI | container",
        "/v1beta/models/m:generateContent | \"cachedContent\":\"c\" | OPENAI | cachedContent",
        "/v1beta/models/m:generateContent | \"tools\":[{\"googleSearch\":{}}] | ANTHROPIC |"
            + " googleSearch",
        "/v1beta/models/m:generateContent |"
            + " \"generationConfig\":{\"responseModalities\":[\"IMAGE\"]} | OPENAI |"
            + " responseModalities",
        "/v1beta/models/m:generateContent | \"generationConfig\":{\"candidateCount\":2} | ANTHROPIC"
            + " | n",
      })
  void refusesByNameWhatAProviderCannotBeTold(
      String path, String field, AiFormat provider, String name) {
    String said =
        path.contains("gemini") || path.contains("models")
            ? "\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]"
            : "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
    AiCall call = Wire.call(path, "{" + said + "," + field + "}");
    assertThatThrownBy(() -> told(call, provider))
        .isInstanceOfSatisfying(
            AiFormatException.class,
            e -> assertThat(e.kind()).isEqualTo(AiFormatException.Kind.UNSUPPORTED))
        .hasMessageContaining(name);
  }

  @Test
  void namesTheHintsThatItLeavesOut() {
    var left = new ArrayList<String>();
    AiCall chat =
        Wire.call(
            "/v1/chat/completions",
            chat(
                ",\"seed\":1,\"service_tier\":\"auto\",\"prompt_cache_key\":\"k\",\"user\":\"u\""));
    left.addAll(chat.forProvider(AiProtocol.ANTHROPIC_MESSAGES, "m").leftOut());
    assertThat(left).containsExactlyInAnyOrder("seed", "service_tier", "prompt_cache_key");
    AiCall messages =
        Wire.call(
            "/v1/messages",
            "{\"max_tokens\":9,\"top_k\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]}");
    assertThat(messages.forProvider(AiProtocol.OPENAI_CHAT, "m").leftOut())
        .containsExactlyInAnyOrder("cache_control", "top_k");
  }

  @Test
  void tellsASchemaOfTheAnswer() {
    String format =
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":"
            + SCHEMA
            + "}}";
    AiCall chat = Wire.call("/v1/chat/completions", chat(format));
    assertThat(told(chat, AiFormat.ANTHROPIC).settings()).containsEntry("schema", SCHEMA);
    assertThat(told(chat, AiFormat.GEMINI).settings()).containsEntry("schema", SCHEMA);
    AiCall gemini =
        Wire.call(
            "/v1beta/models/m:generateContent",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generation_config\":{\"response_mime_type\":\"application/json\",\"response_schema\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\",\"nullable\":true}}}}}");
    assertThat(told(gemini, AiFormat.OPENAI).settings())
        .containsEntry(
            "schema",
            "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}}");
  }
}
