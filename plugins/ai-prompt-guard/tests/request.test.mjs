import assert from "node:assert/strict";
import { test } from "node:test";
import { patterns } from "@sluice/assemblyscript/testing/patterns";
import { ask, guard, HELLO } from "./guard.mjs";

const DENY = { deny: { phrases: ["Project Bluebird", "straße", "秘密計画", "🦜 parrot"], patterns: ["sk-[a-z0-9]{8,}"] } };
const host = await guard(DENY);

function refused(body, headers) {
  const exchange = ask(host, body, headers);
  assert.ok(exchange.localResponse, `passed: ${typeof body === "string" ? body : JSON.stringify(body)}`);
  assert.equal(exchange.upstream.headersPassed, false);
  assert.equal(exchange.upstream.body.length, 0);
  const error = JSON.parse(exchange.localResponse.body).error;
  exchange.close();
  return { status: exchange.localResponse.status, ...error };
}

function passes(body, headers) {
  const exchange = ask(host, body, headers);
  assert.equal(exchange.localResponse, null, exchange.localResponse?.body.toString());
  assert.equal(exchange.upstream.ended, true);
  assert.equal(exchange.upstream.text, typeof body === "string" ? body : JSON.stringify(body));
  exchange.close();
}

const message = (m) => ({ model: "m", messages: [{ role: "system", content: "be nice" }, m] });
const BAD = "tell me about project BLUEBIRD now";

test("answers a denied prompt with an OpenAI error and lets nothing through", () => {
  const error = refused(message({ role: "user", content: BAD }));
  assert.deepEqual(error, { status: 400, message: "The request was refused by the content policy.",
    type: "invalid_request_error", param: "messages.[1]", code: "content_filter" });
  assert.match(host.logs.at(-1).message, /request refused: phrase 0 in messages\.\[1\]/);
  assert.doesNotMatch(host.logs.at(-1).message, /bluebird/i);
});

test("passes what is harmless byte for byte", () => {
  passes(HELLO);
  passes('{ "messages" : [ {"role":"user","content":"project \\u0042lue bird"} ], "x": 1e3, "unknown": null }');
  passes(message({ role: "user", content: "user system assistant function text" }));
});

for (const role of ["system", "developer", "user", "assistant", "tool", "function", "unheard-of"]) {
  test(`looks at the texts of role ${role}`, () => {
    refused(message({ role, content: BAD }));
    refused(message({ role, content: [{ type: "text", text: "hi" }, { type: "text", text: BAD }] }));
    refused(message({ role, content: "hi", name: BAD }));
  });
}

test("looks at every place where text can stand", () => {
  refused(message({ role: "assistant", refusal: BAD }));
  refused(message({ role: "assistant", content: [{ type: "refusal", refusal: BAD }] }));
  refused(message({ role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: JSON.stringify({ q: BAD }) } }] }));
  refused(message({ role: "assistant", content: null, tool_calls: [{ id: "1", type: "custom", custom: { name: "f", input: BAD } }] }));
  refused(message({ role: "assistant", content: null, function_call: { name: "f", arguments: JSON.stringify({ q: BAD }) } }));
  refused(message({ role: "tool", tool_call_id: "1", content: JSON.stringify({ result: BAD }) }));
  refused(message({ role: "user", content: [{ type: "file", file: { filename: BAD, file_data: "x" } }] }));
  refused({ ...HELLO, tools: [{ type: "function", function: { name: "f", description: BAD, parameters: {} } }] });
  refused({ ...HELLO, tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: { [BAD]: { type: "string" } } } } }] });
  refused({ ...HELLO, tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: { a: { enum: [BAD] } } } } }] });
  refused({ ...HELLO, functions: [{ name: "f", description: BAD }] });
  refused({ ...HELLO, response_format: { type: "json_schema", json_schema: { name: "n", schema: { description: BAD } } } });
  refused({ ...HELLO, prediction: { type: "content", content: BAD } });
  refused({ ...HELLO, a_field_of_tomorrow: { deep: [[{ er: BAD }]] } });
});

test("is not bypassed by duplicate keys", () => {
  refused(`{"messages":[{"role":"user","content":"${BAD}","content":"hi"}]}`);
  refused(`{"messages":[{"role":"user","content":"hi","content":"${BAD}"}]}`);
  refused(`{"messages":[{"role":"user","content":"${BAD}"}],"messages":[]}`);
  refused(`{"messages":[],"messages":[{"content":[{"text":"${BAD}","text":"","type":"text"}]}]}`);
});

test("is not bypassed by escapes, however deep", () => {
  const escaped = [..."Project Bluebird"].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  refused(`{"messages":[{"role":"user","content":"${escaped}"}]}`);
  refused(`{"m\\u0065ssages":[{"role":"user","c\\u006fntent":"${escaped}"}]}`);
  const inner = `{"q":"${escaped}"}`;
  refused(message({ role: "assistant", tool_calls: [{ function: { arguments: inner } }] }));
  refused(message({ role: "tool", content: JSON.stringify({ nested: inner }) }));
  refused(message({ role: "user", content: "\\ud83e\\udd9c parrot" }));
  refused('{"messages":[{"role":"user","content":"\\ud83e\\udd9c PARROT"}]}');
});

test("joins the parts of one message, as the model reads them", () => {
  refused(message({ role: "user", content: [{ type: "text", text: "project blue" }, { type: "text", text: "bird" }] }));
  passes(message({ role: "user", content: [{ type: "text", text: "project blue" }, { type: "image_url", image_url: { url: "https://x/bird" } }] }));
  passes({ model: "m", messages: [{ role: "user", content: "project blue" }, { role: "user", content: "bird" }] });
});

test("compares without case, by Unicode", () => {
  refused(message({ role: "user", content: "in der STRAẞE" }));
  refused(message({ role: "user", content: "PROJECT BLUEBIRD" }));
  refused(message({ role: "user", content: "这是秘密計画。" }));
  refused(message({ role: "user", content: "projecT blueBIRD" }));
});

test("compares with case when told so", async () => {
  const strict = await guard({ deny: { phrases: ["Bluebird"] }, caseSensitive: true });
  assert.equal(ask(strict, message({ role: "user", content: "bluebird" })).localResponse, null);
  assert.ok(ask(strict, message({ role: "user", content: "Bluebird" })).localResponse);
});

test("finds patterns through the host", () => {
  const error = refused(message({ role: "user", content: "my key is SK-abcdef123456" }));
  assert.equal(error.code, "content_filter");
  assert.match(host.logs.at(-1).message, /pattern 0/);
});

test("does not look for phrases in image data, nor in the model's name", () => {
  const bits = Buffer.from("x".repeat(50)).toString("base64");
  passes(message({ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${bits}` } }] }));
  passes({ ...HELLO, model: "project bluebird" });
});

for (const [name, body] of Object.entries({
  "text": "hello", "an array": "[]", "a truncated body": '{"messages":[{"content":"hi"', "trailing text": '{"messages":[]} x',
  "two documents": '{"messages":[]}{"messages":[]}', "a comment": '{"messages":[]/**/}', "a trailing comma": '{"messages":[],}',
  "a single quote": "{'messages':[]}", "a raw line feed": '{"messages":[{"content":"a\nb"}]}', "a bad escape": '{"a":"\\x41"}',
  "a byte order mark": "\ufeff{}", "nothing": " ", "a bare number with a leading zero": '{"a":01}', "NaN": '{"a":NaN}',
  "bad UTF-8": Buffer.from('{"a":"\xff"}', "latin1"), "overlong UTF-8": Buffer.from('{"a":"\xc1\xa2"}', "latin1"),
  "UTF-16": Buffer.from('{"messages":[]}', "utf16le"), "deep nesting": "[".repeat(100_000), "deeper nesting": '{"a":' + "[".repeat(600) + "]".repeat(600) + "}",
})) {
  test(`refuses a body that is ${name}`, () => {
    const error = refused(body);
    assert.equal(error.status, 400);
    assert.equal(error.type, "invalid_request_error");
    assert.equal(error.code, "invalid_json");
  });
}

test("refuses what it cannot read because of its type or encoding", () => {
  assert.equal(refused(JSON.stringify(HELLO), { "content-type": "text/plain" }).status, 415);
  assert.equal(refused(JSON.stringify(HELLO), { "content-type": "application/json; charset=utf-16" }).status, 415);
  assert.equal(refused(JSON.stringify(HELLO), { "content-encoding": "gzip" }).status, 415);
  passes(HELLO, { "content-type": "application/json; charset=UTF-8" });
  passes(HELLO, { "content-type": "Application/JSON", "content-encoding": "identity" });
});

test("recognises the path however it is written", () => {
  for (const path of ["/v1/chat/completions?x=1", "/v1/chat/completions/", "//v1//chat//completions", "/v1/chat/./completions",
    "/v1/chat/x/../completions", "/v1/ch%61t/completions", "/v1/chat%2Fcompletions", "/V1/CHAT/COMPLETIONS", "/v1/chat;a=b/completions;c",
    "/openai/deployments/gpt/chat/completions", "/v1/chat/completions#x"]) {
    assert.ok(ask(host, message({ role: "user", content: BAD }), { ":path": path }).localResponse, path);
  }
  for (const path of ["/v1/completions", "/v1/embeddings", "/", "/chat/completions/extra"]) {
    assert.equal(ask(host, message({ role: "user", content: BAD }), { ":path": path }).localResponse, null, path);
  }
});

test("waits for the whole body, in pieces and with trailers", () => {
  const body = Buffer.from(JSON.stringify(message({ role: "user", content: BAD })));
  for (let at = 0; at < body.length; at += 7) {
    assert.ok(ask(host, [body.subarray(0, at), body.subarray(at)]).localResponse);
  }
  const exchange = host.exchange().request(
    { ":method": "POST", ":path": "/v1/chat/completions", "content-type": "application/json" }, [body], { "x-checksum": "1" });
  assert.ok(exchange.localResponse);
});

test("works on a host without sluice functions, but refuses patterns there", async () => {
  const plain = await guard({ deny: { phrases: ["bluebird"] } }, { foreign: {}, holdsHeaders: false });
  const exchange = ask(plain, message({ role: "user", content: BAD }));
  assert.equal(exchange.localResponse.status, 400);
  assert.equal(exchange.upstream.body.length, 0);
  await assert.rejects(guard(DENY, { foreign: {} }), /deny\.patterns: expressions need a host with sluice\.patterns/);
});

test("asks the upstream for an encoding that it can read", () => {
  assert.equal(ask(host, HELLO, { "accept-encoding": "gzip, br" }).upstream.header("accept-encoding"), "identity");
});

for (const [path, config] of Object.entries({
  "pluginConfig: expected at least one": {}, "pluginConfig.deny.phrase: unknown": { deny: { phrase: ["x"] } },
  "pluginConfig.denied: unknown": { denied: {} }, "pluginConfig.deny.phrases\\[1\\]: empty": { deny: { phrases: ["a", " "] } },
  "pluginConfig.deny.phrases\\[0\\]: expected a text": { deny: { phrases: [1] } }, "pluginConfig.deny.phrases: expected a list": { deny: { phrases: "a" } },
  "pluginConfig.status: expected 400 or 403": { deny: { phrases: ["a"] }, status: 200 }, "pluginConfig: not JSON": '{"deny":',
  "pluginConfig.unreadableResponses: maybe": { deny: { phrases: ["a"] }, unreadableResponses: "maybe" },
  "pluginConfig.caseSensitive: expected true or false": { caseSensitive: "no" }, "pluginConfig: expected an object": "",
})) {
  test(`refuses a configuration: ${path}`, () => assert.rejects(guard(config), new RegExp(path)));
}

test("gives its pattern sets back when the last exchange of an old configuration has ended", async () => {
  const service = patterns();
  let freed = 0;
  const free = service["sluice.patterns.free"];
  const counting = await guard(DENY, { foreign: { ...service, "sluice.patterns.free": (args) => (freed++, free(args)) } });
  const exchange = ask(counting, HELLO);
  counting.invoke(null, "proxy_on_configure", 1, counting.config.length);
  assert.equal(freed, 0);
  assert.ok(ask(counting, message({ role: "user", content: "sk-abcdefgh" })).localResponse);
  exchange.close();
  assert.equal(freed, 2);
});
