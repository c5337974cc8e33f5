import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "@sluice/assemblyscript/testing";

const WASM = new URL("../build/plugin.wasm", import.meta.url);

test("adds the configured header to responses", async () => {
  const host = await Host.load(WASM, { config: { header: "x-team", value: "a" } });
  const exchange = host.exchange();
  exchange.request({ ":method": "GET", ":path": "/" });
  exchange.response({ ":status": "200" }, "hello");
  assert.equal(exchange.downstream.header("x-team"), "a");
  assert.equal(exchange.downstream.text, "hello");
});

test("has defaults", async () => {
  const host = await Host.load(WASM);
  const exchange = host.exchange().request({ ":path": "/" }).response({ ":status": "204" });
  assert.equal(exchange.downstream.header("x-{{name}}"), "hello");
});
