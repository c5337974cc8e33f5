import { definePlugin, type PatternSet } from "@sluice/plugin";
import { type Chat, texts } from "./chat";

interface Config {
  patterns?: string[];
  header?: string;
}

const DEFAULTS = ["AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"];
const refused = sluice.metrics.counter("refused");
const sets = new WeakMap<Config, PatternSet>();

export default definePlugin<Config>({
  onConfigure(config) {
    const expressions = config.patterns ?? DEFAULTS;
    sets.set(config, sluice.patterns.compile(expressions.map((expression) => ({ expression }))));
  },

  onRequestBody(ctx) {
    let found: string[];
    try {
      found = texts(ctx.request.body.json() as Chat);
    } catch {
      return ctx.respond({ status: 400, code: "not_chat", body: { error: "the body is not a chat request" } });
    }
    if (sets.get(ctx.config)!.matches(found.join("\n"))) {
      refused.add();
      return ctx.respond({ status: 403, code: "credential", body: { error: "the prompt carries a credential" } });
    }
    ctx.request.headers.set(ctx.config.header ?? "x-checked", found.length);
  },
});
