/** For plugins of one file, which import nothing: `/// <reference types="@sluice/plugin/globals" />`. */
import type * as api from "./index.js";

declare global {
  const definePlugin: typeof api.definePlugin;
  const sluice: api.Sluice;
  const SluiceError: typeof api.SluiceError;
  /** Writes to the plugin's log; the same as `sluice.log`. */
  const console: api.Log & { log(...values: unknown[]): void };
}
