import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../testing/host.mjs";

const EVERYTHING = new URL("../build/tests/everything.wasm", import.meta.url);
const HEADER = new URL("../build/tests/header.wasm", import.meta.url);
const config = { greeting: { text: "grüß dich" }, tags: ["a", "b\u00e9"], limit: 12, share: 0.5 };
const properties = { "source.address": "10.0.0.1", "source.port": number(4711n), "connection.mtls": Uint8Array.of(1) };

function number(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

const load = (options = {}) => Host.load(EVERYTHING, { config, properties, ...options });
const get = (host, path, headers = {}) => host.exchange().request({ ":method": "GET", ":path": path, ...headers });

test("reads configuration, and refuses to start or to be configured", async () => {
  const host = await load();
  assert.ok(host.logs.some((l) => l.level === "info" && l.message === "tags a|bé 12 0.5"));
  assert.equal(host.tickPeriod, 100);
  await assert.rejects(load({ vmConfig: "refuse" }), /refused to start/);
  await assert.rejects(load({ config: { refuse: true } }), /refused its configuration: refuse is set/);
  assert.equal(get(await load({ config: "" }), "/").response({ ":status": "200" }).downstream.header("x-greeting"), "hello");
});

test("reads and changes headers", async () => {
  const { headers } = get(await load(), "/headers", { "x-set": "old", "x-gone": "1" }).upstream;
  assert.deepEqual(headers.slice(2), [["x-set", "new"], ["x-add", "a"], ["x-add", "b ü €"], ["x-bytes", "raw"], ["x-ok", "1"], ["x-count", "7"]]);
  assert.deepEqual(get(await load(), "/pairs").upstream.headers, [[":path", "/other"], ["x", ""], ["y", "1"]]);
});

test("reads and changes bodies and trailers", async () => {
  const host = await load();
  const send = (path, ...rest) => host.exchange().request({ ":method": "POST", ":path": path }, ...rest);
  assert.deepEqual(send("/upper", ["ab", "cü"]).upstream.chunks.map(String), ["AB", "CÜ"]);
  assert.deepEqual(send("/wrap", ["ab", "cd"]).upstream.chunks.map(String), ["<abcdbc>"]);
  assert.equal(host.metrics.get("sizes"), 4n);
  assert.deepEqual(send("/", ["x"], { "x-trailer": "t" }).upstream.trailers, [["x-trailer", "t!"]]);
});

test("answers by itself", async () => {
  const { localResponse, downstream } = get(await load(), "/local");
  assert.equal(localResponse.details, "teapot");
  assert.equal(downstream.header(":status"), "418");
  assert.equal(downstream.header("x-from"), "plugin");
  assert.equal(downstream.text, "grüß dich");
});

test("reads and sets properties, counts, ticks, keeps shared data", async () => {
  const host = await load();
  const { upstream } = get(host, "/properties");
  assert.deepEqual(upstream.headers.slice(2), [["x-source", "10.0.0.1:4711"], ["x-answer", "42"], ["x-mtls", "true"], ["x-null", "1"]]);
  const exchange = get(host, "/");
  assert.equal(host.metrics.get("requests"), 2n);
  assert.equal(host.metrics.get("open"), 2n);
  exchange.close();
  assert.equal(host.metrics.get("open"), 1n);
  host.tick();
  assert.equal(host.logs.at(-1).message, "tick at 1700000000000");
  assert.equal(get(host, "/shared").upstream.header("x-cas"), "0");
  const again = get(host, "/shared").upstream;
  assert.equal(again.header("x-cas"), "0");
  assert.equal(again.header("x-stale"), "8");
  assert.equal(host.shared.get("key").value.toString(), "2");
});

test("calls upstreams, and drops answers for exchanges that are over", async () => {
  const host = await load();
  const exchange = get(host, "/call");
  assert.equal(exchange.upstream.headersPassed, false);
  assert.deepEqual(host.calls.map(({ id, ...call }) => call), [{ upstream: "auth", timeout: 500, body: "body", headers: { ":method": "GET", ":path": "/who" } }]);
  host.respond(host.calls[0], { ":status": "200", "x-user": "ann" }, "yes");
  assert.equal(host.logs.at(-1).message, "auth said 200 yes ann");
  assert.equal(exchange.upstream.headersPassed, true);
  const failed = get(host, "/call");
  host.respond(host.calls[0]);
  assert.equal(failed.localResponse.status, 503);
  get(host, "/call").close();
  host.respond(host.calls[0], { ":status": "200" });
  assert.equal(host.calls.length, 0);
});

test("encodes host service calls as ABI.md says", async () => {
  let seen;
  const host = await load({ foreign: { "sluice.test.ask": (args) => ((seen = args), Buffer.from([1, 9, 0, 0, 0])) } });
  get(host, "/service");
  assert.equal(seen.toString("hex"), "01" + "07" + "70110100" + "0000000000010000" + "000000000000f83f" +
    "07000000" + Buffer.from("text ü").toString("hex") + "05000000" + Buffer.from("bytes").toString("hex"));
  host.answer(9, 0, Buffer.concat([Buffer.from([2, 0, 0, 0, 0x68, 0x69]), number(77n)]));
  assert.equal(host.logs.at(-1).message, "service said 0 hi 77 false");
  get(host, "/service");
  host.answer(9, 10);
  assert.equal(host.logs.at(-1).message, "service said 10  0 true");
});

test("logs what failed before it traps", async () => {
  const host = await load();
  assert.throws(() => get(host, "/abort"), WebAssembly.RuntimeError);
  assert.equal(host.logs.at(-1).level, "critical");
  assert.match(host.logs.at(-1).message, /everything\.ts:\d+:\d+/);
});

test("imports only what a plugin uses", async () => {
  const host = await Host.load(HEADER, { config: { header: "x-a", value: "1" } });
  assert.deepEqual(host.imports.sort(), ["proxy_add_header_map_value", "proxy_get_buffer_bytes", "proxy_log"]);
  assert.equal(get(host, "/").response({ ":status": "200" }).downstream.header("x-a"), "1");
});

for (const path of ["/", "/headers", "/garbage"]) {
  test(`does not grow over 100,000 requests to ${path}`, async () => {
    const host = await load({ config: { greeting: { text: "hi" } } });
    const sizes = [];
    for (let i = 0; i < 100_000; i++) {
      const exchange = get(host, path);
      exchange.response({ ":status": "200" });
      exchange.close();
      host.logs.length = 0;
      if (i % 10_000 === 9_999) sizes.push(host.memoryBytes);
    }
    assert.equal(sizes.at(-1), sizes[0], sizes.join(" "));
    assert.ok(sizes[0] <= 1024 * 1024, `${sizes[0]} bytes`);
    console.log(`# ${path}: ${sizes[0] / 1024} KiB`);
  });
}

test("keeps a thousand exchanges apart that are open at once and end in any order", async () => {
  const host = await load();
  let open = [];
  for (let round = 0; round < 5; round++) {
    const fresh = Array.from({ length: 1_000 }, (_, i) => [get(host, `/${round}-${i}`), `/${round}-${i}`]);
    open = open.concat(fresh);
    host.logs.length = 0;
    open.sort(([, a], [, b]) => (a.split("").reverse().join("") < b.split("").reverse().join("") ? -1 : 1));
    for (const [exchange] of open.splice(0, 700)) exchange.close();
    for (const [exchange] of open) exchange.call("proxy_on_request_body", 0, 0);
  }
  assert.equal(host.metrics.get("open"), BigInt(open.length));
});
