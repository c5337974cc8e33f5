// Builds the plugin: node build.mjs [--version 1.1.0] [--out build/plugin.wasm]
// Without --version it is that of plugin.yaml.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { version: { type: "string" }, out: { type: "string" } } });
const version = values.version ?? /^version:\s*(\S+)/m.exec(readFileSync(join(here, "plugin.yaml"), "utf8"))[1];
const out = values.out ?? "build/plugin.wasm";
mkdirSync(join(here, "build"), { recursive: true });
writeFileSync(join(here, "build/version.ts"), `export const VERSION: string = ${JSON.stringify(version)};\n`);
const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");
const { status } = spawnSync(process.execPath, [join(dirname(compiler), "bin/asc.js"), "--config", "asconfig.json", "--outFile", out], {
  cwd: here,
  stdio: "inherit",
});
if (status !== 0) process.exit(1);
console.error(`ai-prompt-guard ${version}: ${out}`);
