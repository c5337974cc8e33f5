// Packs the SDK as build/sluice-plugin.tgz, which `npm install FILE` takes anywhere.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
mkdirSync(`${here}build`, { recursive: true });
const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", "build"], { cwd: here }));
renameSync(`${here}build/${packed.filename}`, `${here}build/sluice-plugin.tgz`);
console.error(`${packed.name} ${packed.version}: build/sluice-plugin.tgz`);
