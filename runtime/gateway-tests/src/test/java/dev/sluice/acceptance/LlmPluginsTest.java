package dev.sluice.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Has plugins in JavaScript, Python and Java do the same with LLM calls in a whole gateway; {@link
 * LlmGuestsTest} has the same in Wasm.
 */
class LlmPluginsTest extends LlmPluginContract {
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

  @Override
  List<String> plugins() {
    return List.of("javascript", "python", "java");
  }

  @Override
  String config(Path folder) throws IOException {
    var js = Files.writeString(folder.resolve("plugin.js"), JAVASCRIPT);
    var py = Files.writeString(folder.resolve("plugin.py"), PYTHON);
    return """
    routes:
      - {name: javascript, match: {path: {prefix: /javascript}}, ai: {}, plugins: [javascript]}
      - {name: python, match: {path: {prefix: /python}}, ai: {}, plugins: [python]}
      - {name: java, match: {path: {prefix: /java/}}, ai: {}, plugins: [java]}
    plugins:
      - {name: javascript, url: "file:%s", limits: {startTime: 60s, callTime: 5s}, grants: {ai: {}}}
      - {name: python, url: "file:%s", limits: {startTime: 60s, callTime: 5s, memory: 256MiB}, grants: {ai: {}}}
      - {name: java, url: "file:%s", trusted: true, grants: {ai: {}}}
    """
        .formatted(js, py, JavaGuard.jar(folder));
  }
}
