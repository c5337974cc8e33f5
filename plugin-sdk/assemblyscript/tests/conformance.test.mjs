import assert from "node:assert/strict";
import { test } from "node:test";
import { Host, Status } from "../testing/host.mjs";

const CONFORMANCE = new URL("../build/tests/conformance.wasm", import.meta.url);

/** Reads the arguments of `sluice.host.echo` as ABI.md says, and writes them again. */
function echo(args) {
  const view = new DataView(args.buffer, args.byteOffset, args.byteLength);
  const out = [Buffer.of(1)];
  let at = 1;
  const number = (size, read, write) => {
    const value = view[`get${read}`](at, true), bytes = Buffer.alloc(size);
    at += size;
    bytes[`write${write}`](value);
    out.push(bytes);
    return value;
  };
  const u32 = () => number(4, "Uint32", "UInt32LE");
  const bytes = () => {
    const size = u32();
    if (at + size > args.length) throw new RangeError("short");
    out.push(Buffer.from(args.subarray(at, at + size)));
    at += size;
  };
  const string = () => {
    const from = at;
    bytes();
    new TextDecoder("utf-8", { fatal: true }).decode(args.subarray(from + 4, at));
  };
  try {
    if (args[0] !== 1) return Status.badArgument;
    number(1, "Uint8", "UInt8");
    u32();
    number(8, "BigUint64", "BigUInt64LE");
    // As bits: writing a NaN as a number may change it.
    number(8, "BigUint64", "BigUInt64LE");
    bytes();
    string();
    for (let left = u32(); left > 0; left--) {
      u32();
      string();
    }
    if (number(1, "Uint8", "UInt8") === 1) string();
    return at === args.length ? Buffer.concat(out) : Status.badArgument;
  } catch (e) {
    if (e instanceof RangeError) return Status.badArgument;
    throw e;
  }
}

test("sends every type there and back", async () => {
  const host = await Host.load(CONFORMANCE, { foreign: { "sluice.host.echo": echo } });
  assert.ok(host.logs.some((l) => l.message === "conformance: 9 round trips"));
});

test("notices a host that changes a value", async () => {
  const changing = (args) => {
    const answer = echo(args);
    if (answer instanceof Uint8Array) answer[6] ^= 1;
    return answer;
  };
  await assert.rejects(Host.load(CONFORMANCE, { foreign: { "sluice.host.echo": changing } }), /round 0 came back changed/);
});
