import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../testing/host.mjs";

const SERVICES = new URL("../build/tests/services.wasm", import.meta.url);
const u8 = (n) => Buffer.from([n]);
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(n); return b; };
const f64 = (n) => { const b = Buffer.alloc(8); b.writeDoubleLE(n); return b; };
const blob = (bytes) => { const b = Buffer.from(bytes); return Buffer.concat([u32(b.length), b]); };
const floats = (...ns) => { const b = Buffer.alloc(4 * ns.length); ns.forEach((n, i) => b.writeFloatLE(n, 4 * i)); return blob(b); };
const message = (...parts) => Buffer.concat([u8(1), ...parts]).toString("hex");

/** A host whose services remember what they are asked and answer call ids from 7. */
async function load(refused) {
  const seen = [];
  const foreign = { "sluice.embed.model": () => Buffer.concat([u8(1), blob("tiny"), u32(2)]) };
  for (const name of ["tokens.count", "embed.embed", "vectors.upsert", "vectors.search", "vectors.delete", "vectors.deleteWhere"]) {
    foreign[`sluice.${name}`] = (args) => {
      if (refused) return refused;
      seen.push({ name, args: args.toString("hex"), id: 6 + seen.length + 1 });
      return Buffer.concat([u8(1), u32(6 + seen.length)]);
    };
  }
  const host = await Host.load(SERVICES, { foreign: refused ? {} : foreign });
  const said = () => host.logs.at(-1).message;
  return { host, seen, said };
}

const get = (host) => host.exchange().request({ ":method": "GET", ":path": "/ü" });

test("speaks to the tokens, embed and vectors services as ABI.md says", async () => {
  const { host, seen, said } = await load();
  const exchange = get(host);
  assert.equal(said(), "tiny 2");
  assert.deepEqual(seen.pop(), { name: "tokens.count", args: message(blob("gpt-4o"), blob("/ü")), id: 7 });
  host.answer(7, 0, u64(12n));
  assert.equal(said(), "tokens 0 12");
  assert.deepEqual(seen.pop(), { name: "embed.embed", args: message(u32(2), blob("/ü"), blob("second")), id: 7 });
  host.answer(7, 0, Buffer.concat([u32(2), floats(0.5, -1), floats(0, 0.25)]));
  assert.equal(said(), "vectors 2 0.5 0.25");
  assert.deepEqual(seen.pop().args, message(blob("answers"), blob("k1"), floats(0.5, -1), blob("stored"),
    u32(2), blob("model"), blob("m"), blob("tenant"), blob("t"), u8(1), u64(1500n)));
  host.answer(7, 0, u8(1));
  assert.equal(said(), "stored true");
  assert.deepEqual(seen.pop().args, message(blob("answers"), floats(0.5, -1), u32(3), f64(0.9), u32(1), blob("model"), blob("m")));
  host.answer(7, 0, Buffer.concat([u32(1), blob("k1"), f64(0.75), blob("stored"), u32(2), blob("model"), blob("m"), blob("tenant"), blob("t")]));
  assert.equal(said(), "hits 1 k1 0.75 stored t 2");
  assert.deepEqual(seen.pop().args, message(blob("answers"), blob("k1")));
  host.answer(7, 0, u8(0));
  assert.equal(said(), "deleted false");
  assert.deepEqual(seen.pop().args, message(blob("answers"), u32(0)));
  assert.equal(exchange.upstream.headersPassed, false);
  host.answer(7, 0, u64(3n));
  assert.equal(said(), "deleted 3");
  assert.equal(exchange.upstream.headersPassed, true);
});

test("hands on the status of a failure", async () => {
  const { host, seen, said } = await load();
  get(host);
  seen.pop();
  host.answer(7, 10);
  assert.equal(said(), "tokens 10 0");
  host.answer(7, 2);
  assert.equal(said(), "embedding 2 0");
});

test("knows a host without the services", async () => {
  const { host, said } = await load(1);
  const exchange = get(host);
  assert.ok(host.logs.some((l) => l.message === "no embedder"));
  assert.equal(said(), "refused 1");
  assert.equal(exchange.upstream.headersPassed, true);
});
