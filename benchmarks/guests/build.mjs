// Builds the guests: node build.mjs FOLDER
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "build"));
const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");
for (const guest of ["empty", "header", "body", "calls"]) {
  const { status } = spawnSync(
    process.execPath,
    [join(dirname(compiler), "bin/asc.js"), `assembly/${guest}.ts`, "--config", "asconfig.json", "--outFile", join(out, `${guest}.wasm`)],
    { cwd: here, stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}
