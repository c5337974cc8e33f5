/** @typedef {{ header: string, value: string }} Config */

export default definePlugin({
  /** @param {Config} config */
  onConfigure(config) {
    config.header ??= "x-{{name}}";
    config.value ??= "hello";
  },

  onResponseHeaders(ctx) {
    ctx.response.headers.set(ctx.config.header, ctx.config.value);
  },
});
