const DEFAULTS = ["AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"];
const refused = sluice.metrics.counter("refused");
const sets = new WeakMap();

// The texts of a chat request: contents, and the text parts of contents that are lists.
function texts({ messages }) {
  const list = [];
  for (const { content } of messages) {
    if (typeof content === "string") list.push(content);
    else for (const part of content ?? []) if (typeof part.text === "string") list.push(part.text);
  }
  return list;
}

export default definePlugin({
  onConfigure(config) {
    const expressions = config.patterns ?? DEFAULTS;
    sets.set(config, sluice.patterns.compile(expressions.map((expression) => ({ expression }))));
  },

  onRequestBody(ctx) {
    let found;
    try {
      found = texts(ctx.request.body.json());
    } catch {
      return ctx.respond({ status: 400, code: "not_chat", body: { error: "the body is not a chat request" } });
    }
    if (sets.get(ctx.config).matches(found.join("\n"))) {
      refused.add();
      return ctx.respond({ status: 403, code: "credential", body: { error: "the prompt carries a credential" } });
    }
    ctx.request.headers.set(ctx.config.header ?? "x-checked", found.length);
  },
});
