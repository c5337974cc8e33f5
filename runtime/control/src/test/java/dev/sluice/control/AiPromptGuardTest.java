package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginPackage;
import io.netty.buffer.Unpooled;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Puts the prompt guard on a route that speaks LLM protocols: every format, role and endpoint. */
@ExtendWith(LeakCheck.class)
class AiPromptGuardTest {
  private static final Path GUARD =
      Path.of(System.getProperty("sluice.root", "../.."), "plugins", "ai-prompt-guard");
  private static final String MESSAGE =
      "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\","
          + "\"content\":[{\"type\":\"text\",\"text\":\"On Project Bluebird.\"}],"
          + "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}";
  private static final String EVENTS =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On pro"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ject Blue"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"bird, and pro"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(
          transport, exchange -> exchange.complete().thenAccept(AiPromptGuardTest::answer));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private static void answer(Exchange exchange) {
    if (exchange.text().contains("\"stream\":true")) {
      exchange.stream()
          .sendHeaders(Headers.of(":status", "200", "content-type", "text/event-stream"), false);
      exchange.stream().sendData(Unpooled.copiedBuffer(EVENTS, StandardCharsets.UTF_8), true);
    } else {
      exchange.respond(200, MESSAGE, "content-type", "application/json");
    }
  }

  private TestGateway start(String grants) {
    var layout = OciLayout.create(folder.resolve("layout"));
    PluginPackage.of(GUARD).writeTo(layout, "1.0.0");
    return TestGateway.start(
        folder,
        TestGateway.frame(upstream.port())
            + """
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}, upstream: api, plugins: [guard]}]
            plugins:
              - name: guard
                url: oci-layout:layout:1.0.0
                limits: {callTime: 2s}
                grants: %s
                pluginConfig: {deny: {phrases: [project bluebird]}}
            """
                .formatted(grants));
  }

  private static HttpResponse<String> post(TestGateway gateway, String path, String body) {
    return gateway.post(path, body, "content-type", "application/json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "/v1/chat/completions|{'model':'m','messages':[{'role':'system','content':'project"
            + " bluebird'}]}",
        "/v1/completions|{'model':'m','prompt':'Project Bluebird'}",
        "/v1/embeddings|{'model':'m','input':['x','project bluebird']}",
        "/v1/responses|{'model':'m','input':[{'type':'function_call_output','call_id':'c','output':'{\\'a\\':\\'project"
            + " \\\\u0042luebird\\'}'}]}",
        "/v1/messages|{'model':'m','max_tokens':1,'messages':[{'role':'user','content':[{'type':'text','text':'pro'},{'type':'text','text':'ject"
            + " bluebird'}]}]}",
        "/v1/messages/count_tokens|{'model':'m','messages':[{'role':'user','content':'project"
            + " bluebird'}]}",
        "/v1beta/models/g:generateContent|{'systemInstruction':{'parts':[{'text':'project"
            + " bluebird'}]},'contents':[]}"
      })
  void refusesInEveryFormat(String path, String body) {
    try (var gateway = start("{ai: {}}")) {
      var response = post(gateway, path, body.replace('\'', '"'));
      assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
      assertThat(response.body()).contains("refused by the content policy");
      assertThat(upstream.exchanges()).isEmpty();
    }
  }

  @Test
  void masksAnswersOfOtherFormatsStreamedOrNot() {
    var question =
        "{\"model\":\"m\",\"max_tokens\":9,\"stream\":%b,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    try (var gateway = start("{ai: {}}")) {
      var whole = post(gateway, "/v1/messages", question.formatted(false));
      assertThat(TestGateway.json(whole).at("/content/0/text").asString()).isEqualTo("On ***.");
      var streamed = post(gateway, "/v1/messages", question.formatted(true));
      assertThat(streamed.body())
          .contains("***")
          .contains("message_stop")
          .doesNotContainIgnoringCase("bird,")
          .doesNotContain("ject");
      assertThat(streamed.body().indexOf("pro\""))
          .isLessThan(streamed.body().indexOf("message_delta"));
    }
  }

  @Test
  void refusesWhatItIsNotShown() {
    try (var gateway = start("{}")) {
      var response = post(gateway, "/v1/messages", "{\"model\":\"m\",\"messages\":[]}");
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(upstream.exchanges()).isEmpty();
    }
  }
}
