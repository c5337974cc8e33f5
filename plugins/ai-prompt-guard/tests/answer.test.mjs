import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, ask, guard, HELLO } from "./guard.mjs";

const CONFIG = { deny: { phrases: ["project bluebird", "blue"], patterns: ["sk-[a-z0-9]{8}"] } };
const host = await guard(CONFIG);

const completion = (message, more = {}) => ({ id: "c-1", object: "chat.completion", created: 1, model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: null, ...message }, logprobs: null, finish_reason: "stop", ...more }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } });

test("masks phrases and patterns in an answer and leaves the rest byte for byte", () => {
  const text = '{"id":"c-1", "x" : [1e3, {"y":null}],"choices":[ {"message":{"content":"a Project Bluebird, \\u0062lue \\"sk-abcdefgh\\"", "role":"assistant"} ,"index":0}],"usage":{"a":1}}\n';
  const exchange = answer(host, text, { "content-length": Buffer.byteLength(text) });
  const expected = '{"id":"c-1", "x" : [1e3, {"y":null}],"choices":[ {"message":{"content":"a ***, *** \\"***\\"", "role":"assistant"} ,"index":0}],"usage":{"a":1}}\n';
  assert.equal(exchange.downstream.text, expected);
  assert.equal(exchange.downstream.header("content-length"), String(Buffer.byteLength(expected)));
});

test("passes an answer without matches unchanged, in one piece or many", () => {
  const text = JSON.stringify(completion({ content: "nothing \\ud83d here \u{1f99c}", tool_calls: [{ function: { arguments: '{"a":"blue"}' } }] }));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 5) {
    const exchange = ask(host, HELLO).response({ ":status": "200", "content-type": "application/json" }, [bytes.subarray(0, at), bytes.subarray(at)]);
    assert.equal(exchange.downstream.text, text);
  }
});

test("masks refusals, reasoning, parts and every choice", () => {
  const masked = (message) => answer(host, completion(message)).downstream.json.choices[0].message;
  assert.equal(masked({ refusal: "no blue" }).refusal, "no ***");
  assert.equal(masked({ reasoning_content: "blue?" }).reasoning_content, "***?");
  assert.equal(masked({ reasoning: "blue?" }).reasoning, "***?");
  assert.equal(masked({ content: [{ type: "text", text: "a blue" }] }).content[0].text, "a ***");
  const split = masked({ content: [{ type: "text", text: "a bl" }, { type: "text", text: "ue b" }] }).content;
  assert.equal(split[0].text + split[1].text, "a *** b");
  const two = { ...completion({ content: "blue" }) };
  two.choices = [0, 1].map((index) => ({ index, message: { content: `blue ${index}` } }));
  assert.deepEqual(answer(host, two).downstream.json.choices.map((c) => c.message.content), ["*** 0", "*** 1"]);
  const duplicate = '{"choices":[{"message":{"content":"blue","content":"blue"}}]}';
  assert.equal(answer(host, duplicate).downstream.text, '{"choices":[{"message":{"content":"***","content":"***"}}]}');
});

test("takes the token probabilities away with the text they spell", () => {
  const logprobs = { content: [{ token: "blue", logprob: -0.1 }] };
  assert.equal(answer(host, completion({ content: "blue" }, { logprobs })).downstream.json.choices[0].logprobs, null);
  const kept = answer(host, completion({ content: "green" }, { logprobs })).downstream.json.choices[0].logprobs;
  assert.deepEqual(kept, logprobs);
  const before = '{"choices":[{"logprobs":{"a":1},"message":{"content":"blue"},"index":0}]}';
  assert.equal(answer(host, before).downstream.text, '{"choices":[{"logprobs":null,"message":{"content":"***"},"index":0}]}');
});

test("makes one mask of matches that overlap, and none where nothing matches", async () => {
  const overlap = await guard({ mask: { phrases: ["abcd", "cdef", "bc", "xy"], replacement: "[…]" } });
  const masked = (content) => answer(overlap, completion({ content })).downstream.json.choices[0].message.content;
  assert.equal(masked("1abcdef2"), "1[…]2");
  assert.equal(masked("abcdabcd"), "[…][…]");
  assert.equal(masked("bcxy abc"), "[…][…] a[…]");
  assert.equal(masked("xyxyx"), "[…][…]x");
});

test("keeps half surrogates and odd escapes of a text that it changes", () => {
  const exchange = answer(host, '{"choices":[{"message":{"content":"\\ud83d blue \\udc00 \\u0001 \\"\\\\ \\n"}}]}');
  assert.equal(exchange.downstream.text, '{"choices":[{"message":{"content":"\\ud83d *** \\udc00 \\u0001 \\"\\\\ \\n"}}]}');
});

test("masks other words than it denies when told so", async () => {
  const other = await guard({ deny: { phrases: ["red"] }, mask: { phrases: ["green"], replacement: "" } });
  assert.equal(answer(other, completion({ content: "red green" })).downstream.json.choices[0].message.content, "red ");
  const none = await guard({ deny: { phrases: ["red"] }, mask: { phrases: [] } });
  const exchange = answer(none, "not even JSON: red", { "content-type": "text/plain" });
  assert.equal(exchange.downstream.text, "not even JSON: red");
});

test("refuses answers that it cannot read, unless told to pass them", async () => {
  const status = (exchange) => [exchange.localResponse?.status, exchange.downstream.header(":status"), exchange.downstream.json.error.code];
  const bad = [502, "502", "unreadable_response"];
  assert.deepEqual(status(answer(host, "zzz", { "content-encoding": "gzip" })), bad);
  assert.deepEqual(status(answer(host, "blue", { "content-type": "text/plain" })), bad);
  assert.deepEqual(status(answer(host, '{"choices":[')), bad);
  assert.deepEqual(status(answer(host, "[]")), bad);
  const lenient = await guard({ ...CONFIG, unreadableResponses: "pass" });
  assert.equal(answer(lenient, "zzz", { "content-encoding": "gzip" }).downstream.text, "zzz");
  assert.equal(answer(lenient, '{"choices":[').downstream.text, '{"choices":[');
});

test("passes errors of the upstream", () => {
  const error = '{"error":{"message":"blue","type":"server_error","param":null,"code":null}}';
  assert.equal(answer(host, error, { ":status": "500" }).downstream.text, error);
  assert.equal(answer(host, "<html>bad gateway</html>", { ":status": "502", "content-type": "text/html" }).downstream.text, "<html>bad gateway</html>");
});

test("leaves other routes and its own answers alone", () => {
  const exchange = host.exchange().request({ ":method": "POST", ":path": "/v1/embeddings" }, "blue")
    .response({ ":status": "200", "content-type": "application/json" }, '{"choices":[{"message":{"content":"blue"}}]}');
  assert.match(exchange.downstream.text, /blue/);
  assert.equal(ask(host, { messages: [{ content: "blue" }] }).downstream.header("content-type"), "application/json");
});

test("masks an answer with trailers", () => {
  const exchange = ask(host, HELLO).response({ ":status": "200", "content-type": "application/json" },
    JSON.stringify(completion({ content: "blue" })), { "x-sum": "1" });
  assert.equal(exchange.downstream.json.choices[0].message.content, "***");
});

test("says its version when told so", async () => {
  const loud = await guard({ ...CONFIG, announce: true });
  assert.match(answer(loud, completion({ content: "hi" })).downstream.header("x-prompt-guard"), /^1\.\d+\.\d+$/);
  assert.match(ask(loud, { messages: [{ content: "blue" }] }).downstream.header("x-prompt-guard"), /^1\.\d+\.\d+$/);
});
