import { definePlugin } from "@sluice/plugin";

interface Config {
  header?: string;
  value?: string;
}

export default definePlugin<Config>({
  onResponseHeaders(ctx) {
    const { header = "x-{{name}}", value = "hello" } = ctx.config;
    ctx.response.headers.set(header, value);
  },
});
