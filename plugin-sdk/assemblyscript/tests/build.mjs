// Builds the plugins under tests/plugins into build/tests.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
for (const file of readdirSync(`${root}/tests/plugins`)) {
  const name = file.replace(/\.ts$/, "");
  const { status } = spawnSync(process.execPath, ["node_modules/assemblyscript/bin/asc.js", `tests/plugins/${file}`,
    "--config", "asconfig.json", "--outFile", `build/tests/${name}.wasm`], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
