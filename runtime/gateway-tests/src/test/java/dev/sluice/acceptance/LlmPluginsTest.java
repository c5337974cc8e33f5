package dev.sluice.acceptance;

import dev.sluice.standin.StandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Has plugins in JavaScript, Python and Java do the same with LLM calls in a whole gateway; {@link
 * LlmGuestsTest} has the same in Wasm.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmPluginsTest {
  private static final String JAVASCRIPT =
      """
      export default definePlugin({
        onAiRequest(ctx) {
          const { ai } = ctx;
          const last = ai.segments.at(-1);
          ctx.state.held = "";
          if (last.text.includes("forbidden")) {
            return ai.refuse({ status: 403, code: "no_way", message: `not in ${last.place}` });
          }
          if (last.text.includes("politely")) return ai.refuse({ status: 200, message: "Rather no." });
          if (last.text.includes("cached")) {
            return ai.answer({ type: "text", text: "from " }, { type: "text", text: "memory" });
          }
          for (const segment of ai.segments) {
            if (segment.role === "user") ai.replace(segment, segment.text.replaceAll("secret", "******"));
          }
          const seen = [ai.protocol, ai.model, ai.stream, ai.maxOutputTokens ?? null, ai.tools.join("+"),
            ai.parameters.temperature ?? null, ai.segments.map(s => s.role).join("+"), ai.estimatedPromptTokens > 0];
          ai.append("system", JSON.stringify(seen));
          if (last.text.includes("small")) ai.setModel("small");
        },
        async onAiEvent(ctx, event) {
          if (event.type !== "text") {
            if (event.type === "finish") ctx.ai.emit({ type: "text", text: ` [${ctx.state.held}]` });
            return;
          }
          await null;
          if (event.text.includes("not")) {
            ctx.state.held += event.text.trim();
            ctx.ai.replaceEvent();
          } else if (event.text.includes("Bluebird")) {
            ctx.ai.replaceEvent({ type: "text", text: "Red" }, { type: "text", text: "bird " });
          }
        },
        onAiEnd(ctx, end) {
          sluice.log.info(`end ${end.outcome} ${end.model} ${end.provider} ${end.usage.output} ${end.usage.estimated}`);
        },
      });
      """;
  private static final String PYTHON =
      """
      import json
      import sluice


      class Guard(sluice.Plugin):
          def on_ai_request(self, ctx):
              ai = ctx.ai
              last = ai.segments[-1]
              ctx.state.held = ""
              if "forbidden" in last.text:
                  return ai.refuse(status=403, code="no_way", message=f"not in {last.place}")
              if "politely" in last.text:
                  return ai.refuse(status=200, message="Rather no.")
              if "cached" in last.text:
                  return ai.answer({"type": "text", "text": "from "}, {"type": "text", "text": "memory"})
              for segment in ai.segments:
                  if segment.role == "user":
                      ai.replace(segment, segment.text.replace("secret", "******"))
              seen = [ai.protocol, ai.model, ai.stream, ai.max_output_tokens, "+".join(ai.tools),
                      ai.parameters.get("temperature"), "+".join(s.role for s in ai.segments),
                      ai.estimated_prompt_tokens > 0]
              ai.append("system", json.dumps(seen, separators=(",", ":")))
              if "small" in last.text:
                  ai.set_model("small")

          async def on_ai_event(self, ctx, event):
              if event["type"] != "text":
                  if event["type"] == "finish":
                      ctx.ai.emit({"type": "text", "text": f" [{ctx.state.held}]"})
                  return
              if "not" in event["text"]:
                  ctx.state.held += event["text"].strip()
                  ctx.ai.replace_event()
              elif "Bluebird" in event["text"]:
                  ctx.ai.replace_event({"type": "text", "text": "Red"}, {"type": "text", "text": "bird "})

          def on_ai_end(self, ctx, end):
              usage = end["usage"]
              sluice.log.info(f"end {end['outcome']} {end['model']} {end['provider']} {usage['output']} "
                              + str(usage["estimated"]).lower())


      plugin = Guard()
      """;

  @TempDir private static Path folder;
  private final StandIn provider = LlmPluginChecks.provider();
  private ProtocolGateway gateway;

  @BeforeAll
  void start() throws IOException {
    var js = Files.writeString(folder.resolve("plugin.js"), JAVASCRIPT);
    var py = Files.writeString(folder.resolve("plugin.py"), PYTHON);
    gateway =
        ProtocolGateway.start(
            folder,
            """
            threads: 1
            listeners: [{name: web, address: "127.0.0.1:0"}]
            %s\
            routes:
              - {name: javascript, match: {path: {prefix: /javascript}}, ai: {}, plugins: [javascript]}
              - {name: python, match: {path: {prefix: /python}}, ai: {}, plugins: [python]}
              - {name: java, match: {path: {prefix: /java/}}, ai: {}, plugins: [java]}
            plugins:
              - {name: javascript, url: "file:%s", limits: {startTime: 60s, callTime: 5s}, grants: {ai: {}}}
              - {name: python, url: "file:%s", limits: {startTime: 60s, callTime: 5s, memory: 256MiB}, grants: {ai: {}}}
              - {name: java, url: "file:%s", trusted: true, grants: {ai: {}}}
            """
                .formatted(LlmPluginChecks.models(provider), js, py, JavaGuard.jar(folder)));
  }

  @AfterAll
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    provider.close();
  }

  private LlmPluginChecks checks(String plugin) {
    return new LlmPluginChecks(provider, new LlmClient(gateway.port("web"), "/" + plugin), plugin);
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python", "java"})
  void readsAndEditsWhateverTheFormats(String plugin) {
    checks(plugin).readsAndEditsWhateverTheFormats();
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python", "java"})
  void changesWhatStreams(String plugin) {
    checks(plugin).changesWhatStreams();
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python", "java"})
  void refusesAndAnswersInTheCallersWords(String plugin) {
    checks(plugin).refusesAndAnswersInTheCallersWords();
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python", "java"})
  void seesTheEnd(String plugin) {
    checks(plugin).seesTheEnd();
  }
}
