import { definePlugin, sluice } from "../index.js";

export default definePlugin<{ name: string }>({
  onConfigure(config) {
    config.nam; // refused
  },
  onRequestHeaders(ctx) {
    ctx.request.headers = ctx.response.headers; // refused
    ctx.respond({ state: 403 }); // refused
    ctx.request.header.get("a"); // refused
  },
  async onRequestBody() {
    await sluice.http.fetch(1); // refused
    await sluice.counters.peek([{ key: "k", amount: 1, window: { fixed: "decade" } }]); // refused
    sluice.metrics.counter("a").set(1); // refused
    sluice.fs; // refused
  },
});
