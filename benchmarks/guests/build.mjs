// Builds the guests: node build.mjs FOLDER
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "build"));
const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");

function build(name, source, ...more) {
  const { status } = spawnSync(
    process.execPath,
    [join(dirname(compiler), "bin/asc.js"), source, "--config", "asconfig.json", "--outFile", join(out, `${name}.wasm`), ...more],
    { cwd: here, stdio: "inherit" },
  );
  if (status !== 0) process.exit(1);
}

for (const guest of ["empty", "header", "body", "calls"]) build(guest, `assembly/${guest}.ts`);

// The examples of the plugin SDK that need no other tools.
const examples = join(here, "../../plugin-sdk/examples");
cpSync(join(examples, "assemblyscript/assembly/index.ts"), join(here, "assembly/generated/credentials.ts"));
build("credentials-assemblyscript", "assembly/generated/credentials.ts");
cpSync(join(examples, "javascript/plugin.js"), join(out, "credentials-js.js"));
cpSync(join(examples, "python/plugin.py"), join(out, "credentials-python.py"));
