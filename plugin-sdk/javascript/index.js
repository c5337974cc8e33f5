// What the gateway gives a plugin, as imports: a bundler takes these, and nothing else of this package.
export const definePlugin = globalThis.definePlugin ?? ((plugin) => plugin);
export const sluice = globalThis.sluice;
export const SluiceError = globalThis.SluiceError;
