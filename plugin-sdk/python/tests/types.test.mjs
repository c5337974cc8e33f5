// Holds the types to what authors write: good.py and the template are right, and each line of bad.py is refused.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const pyright = `${here}../node_modules/pyright/index.js`;
const run = spawnSync(process.execPath, [pyright, "--outputjson", "-p", `${here}pyrightconfig.json`], {
  encoding: "utf8",
});
const found = JSON.parse(run.stdout).generalDiagnostics.map(
  ({ file, message, range }) => ({ file: file.slice(file.lastIndexOf("/") + 1), line: range.start.line + 1, message }),
);

test("plugins that are right have the types that they expect", () => {
  assert.deepEqual(found.filter(({ file }) => file !== "bad.py"), []);
});

test("each mistake is found on its line", () => {
  const expected = readFileSync(`${here}bad.py`, "utf8").split("\n")
    .flatMap((line, i) => line.includes("# refused") ? [i + 1] : []);
  const lines = new Set(found.filter(({ file }) => file === "bad.py").map(({ line }) => line));
  assert.deepEqual([...lines].sort((a, b) => a - b), expected);
});
