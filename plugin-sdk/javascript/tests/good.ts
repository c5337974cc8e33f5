/// <reference path="../globals.d.ts" />
import { definePlugin as define, sluice as host, type Limit } from "../index.js";

const set = sluice.patterns.compile(["a", { expression: "[0-9]+", wholeWord: true }]);
const calls = sluice.metrics.counter("calls");
const limit: Limit = { key: "{team}", amount: 100, window: { fixed: "minute" } };

export default define<{ name: string }, { started?: number }>({
  tickPeriod: 1000,
  onConfigure(config) {
    if (config.name.length === 0) throw new Error("name: empty");
  },
  onRequestHeaders(ctx) {
    ctx.state.started = host.clock.monotonic();
    ctx.request.headers.set("x-hello", ctx.config.name).append("x-n", 1);
    if (ctx.request.path === "/stop") ctx.respond({ status: 403, body: { error: "no" } });
    else ctx.passBody();
  },
  async onRequestBody(ctx) {
    const body = ctx.request.body.json<{ messages: { content: string }[] }>();
    for (const match of set.scan(body.messages[0]?.content ?? "")) console.log(match.start, match.end);
    const decision = await sluice.counters.reserve([limit], 10, 60_000);
    if (!decision.granted) ctx.respond({ status: 429, headers: { "retry-after": "1" } });
    await sluice.counters.settle(decision.reservation, await sluice.tokens.count("gpt-4o", "text"));
    const [vector] = await sluice.embed(["text"]);
    const [hit] = await sluice.vectors.search("answers", { vector: vector!, k: 1, minScore: 0.9 });
    if (hit) ctx.respond({ body: hit.bytes() });
    const answer = await sluice.http.fetch("policy", { path: "/check", body, timeout: 200 });
    if (answer.status !== 200) throw new Error(answer.text());
    const lock = await sluice.store.lock("k", 1000);
    await lock?.unlock();
    const entry = await sluice.store.get("k");
    await sluice.store.compareAndSet("k", "v", entry?.version ?? "0", { ttl: 1000 });
    ctx.request.body.set(body);
  },
  async onResponseChunk(ctx, chunk) {
    calls.add();
    return ctx.endOfStream ? chunk : new TextLike().upper(chunk);
  },
  async onLog(ctx) {
    sluice.log.info(ctx.response.status, await ctx.properties.number("request.size"));
  },
  onTick() {},
  async onDone() {},
});

class TextLike {
  upper(chunk: Uint8Array): string {
    return String(chunk.length);
  }
}
