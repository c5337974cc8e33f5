// Holds the types to what authors write: good.ts compiles, and each line of bad.ts is refused.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = `${here}../node_modules/typescript/bin/tsc`;
const options = ["--strict", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2023",
  "--lib", "es2023"];

test("a plugin that uses everything has the types that it expects", () => {
  execFileSync(process.execPath, [tsc, ...options, `${here}good.ts`], { stdio: "pipe" });
});

test("each mistake is found on its line", () => {
  const run = spawnSync(process.execPath, [tsc, ...options, `${here}bad.ts`], { encoding: "utf8" });
  const found = new Set([...run.stdout.matchAll(/bad\.ts\((\d+),/g)].map((m) => Number(m[1])));
  const expected = readFileSync(`${here}bad.ts`, "utf8").split("\n")
    .flatMap((line, i) => line.includes("// refused") ? [i + 1] : []);
  assert.deepEqual([...found].sort((a, b) => a - b), expected);
});
