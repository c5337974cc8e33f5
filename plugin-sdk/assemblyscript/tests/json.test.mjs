import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../testing/host.mjs";

const host = await Host.load(new URL("../build/tests/json.wasm", import.meta.url));
const NAMES = ["{", "}", "[", "]", "key", "string", "number", "true", "false", "null", "end", "error"];

function tokens(text) {
  const exchange = host.exchange().request({ ":method": "POST", ":path": "/" }, text);
  exchange.close();
  return JSON.parse(exchange.localResponse.body).map((t) => ({ ...t, token: NAMES[t.token] }));
}

const shape = (text) => tokens(text).map((t) => t.token).join(" ");

test("walks a document", () => {
  assert.equal(shape(' {"a":[1,-2.5e+3,true,false,null,{}],"b":{"c":"d"}} '), "{ key [ number number true false null { } ] key { key string } } end");
  assert.equal(shape('"x"'), "string end");
  assert.equal(shape("[]"), "[ ] end");
});

test("tells where tokens stand", () => {
  const text = '{"ä": "b\\n", "a" :12}';
  const bytes = Buffer.from(text);
  const at = (t) => bytes.subarray(t.start, t.end).toString();
  assert.deepEqual(tokens(text).map(at), ["{", '"ä"', '"b\\n"', '"a"', "12", "}", ""]);
  assert.deepEqual(tokens(text).filter((t) => t.isA).map(at), ['"a"']);
  assert.ok(tokens('{"\\u0061":1}')[1].isA);
});

test("reads numbers", () => {
  for (const n of ["0", "10", "1.5", "-1e5", "2E-2", "123456789.25"]) assert.equal(tokens(n)[0].number, JSON.parse(n), n);
});

test("decodes and writes strings so that they stay the same", () => {
  for (const text of ["", "plain", 'q"\\/', "\b\f\n\r\t\u0000\u001f", "ü€🦜", "\ud83d", "a\udc00b", "\ud83d\ud83d\ude00", "\u2028"]) {
    for (const json of [JSON.stringify(text), `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`]) {
      assert.equal(tokens(json)[0].again, text, json);
    }
  }
});

test("agrees with JSON.parse on what is JSON", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`# seed ${seed}`);
  let state = seed;
  const next = (below) => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0), (state >>> 8) % below);
  const pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"b\\n"', "1", "-", "0", ".5", "e1", "true", "false", "null", " ", "\n", '"', "\\", "x", "\u00e9"];
  for (let round = 0; round < 20_000; round++) {
    const base = ['{"a":[1,2,{"b":"c"}],"d":null}', "[[],{},0.5]", '"text"', "-1.5e3"][next(4)];
    let text = base;
    for (let edits = next(4); edits > 0; edits--) {
      const at = next(text.length + 1);
      text = text.slice(0, at) + pieces[next(pieces.length)] + text.slice(at + next(3));
    }
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(tokens(text).at(-1).token, valid ? "end" : "error", `${JSON.stringify(text)} (seed ${seed})`);
  }
});

test("says what is wrong, and where", () => {
  const error = (text) => (({ error, start }) => `${start}: ${error}`)(tokens(text).at(-1));
  assert.equal(error("{]"), "1: expected a key");
  assert.equal(error('{"a" 1}'), "5: expected :");
  assert.equal(error("[1 2]"), "3: expected , or ]");
  assert.equal(error('"abc'), "0: a string that does not end");
  assert.equal(error('"a\\q"'), "2: unknown escape");
  assert.equal(error('"a\tb"'), "2: control character in a string");
  assert.equal(error("1 2"), "2: text after the value");
  assert.equal(error("nul"), "0: expected null");
  assert.equal(error("[".repeat(513)), "512: more than 512 levels");
  for (const bytes of [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82]]) {
    assert.equal(error(Buffer.from([0x22, ...bytes, 0x22])), "1: not UTF-8");
  }
});
