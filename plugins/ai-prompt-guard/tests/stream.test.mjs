import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, chunk, event, guard, HELLO, read, stream } from "./guard.mjs";

const host = await guard({ deny: { phrases: ["project bluebird", "blue", "naïve 🦜"] } });
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
console.log(`# seed ${seed} (SEED=${seed} repeats this run)`);

/** Mulberry32. */
function random(start) {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const usage = { id: "c-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage: { total_tokens: 3 } };

function sse(texts, eol = "\n") {
  return [chunk({ role: "assistant", content: "" }), ...texts.map((content) => chunk({ content })),
    chunk({}, { finish_reason: "stop" }), usage, "[DONE]"].map((e) => event(e, eol)).join("");
}

test("passes a stream without matches byte for byte, event by event", () => {
  const events = ["hello ", "world", ", nothing here"].map((content) => event(chunk({ content })));
  const exchange = ask(host, HELLO);
  exchange.downstream.onHeaders({ ":status": "200", "content-type": "text/event-stream; charset=utf-8", "content-length": "1" }, false);
  assert.equal(exchange.downstream.headersPassed, true);
  assert.equal(exchange.downstream.header("content-length"), undefined);
  for (const [i, text] of events.entries()) {
    exchange.downstream.onBody(Buffer.from(text), false);
    assert.equal(exchange.downstream.chunks.length, i + 1);
    assert.equal(exchange.downstream.chunks[i].toString(), text);
  }
});

test("masks a phrase within one event, and leaves the event's other bytes", () => {
  const data = '{ "id":"c-1","x":{"a": 1},"choices":[{"delta":{"content":"a \\u0042LUE c"},"index":0,"finish_reason":null}]  }';
  const out = stream(host, [`: hi\nid: 7\nevent: e\ndata:${data}\nretry: 1\n\n`]).downstream.text;
  assert.equal(out, `: hi\nid: 7\nevent: e\ndata:${data.replace("\\u0042LUE", "***")}\nretry: 1\n\n`);
});

test("holds back only what could begin a match", () => {
  const exchange = ask(host, HELLO);
  exchange.downstream.onHeaders({ ":status": "200", "content-type": "text/event-stream" }, false);
  const send = (content) => {
    const before = exchange.downstream.chunks.length;
    exchange.downstream.onBody(Buffer.from(event(chunk({ content }))), false);
    return read(Buffer.concat(exchange.downstream.chunks.slice(before)).toString()).texts[0];
  };
  assert.equal(send("see pro"), "see ");
  assert.equal(send("ject b"), "");
  assert.equal(send("ook and bl"), "project book and ");
  assert.equal(send("ue sky"), "*** sky");
  assert.equal(send("b"), "");
  assert.equal(send("lank"), "blank");
});

for (const eol of ["\n", "\r\n", "\r"]) {
  const name = JSON.stringify(eol);
  test(`masks a phrase split over any number of events, cut at every byte (line end ${name})`, () => {
    const texts = [..."A Project Bluebird and naïve 🦜, and project green"].concat(["", "b", "l", "ue"]);
    const small = texts.map((content) => ({ choices: [{ delta: { content } }] }));
    const bytes = Buffer.from([...small, chunk({}, { finish_reason: "stop" }), usage, "[DONE]"].map((e) => event(e, eol)).join(""));
    const expected = "A *** and ***, and project green***";
    for (let at = 1; at < bytes.length; at++) {
      const { downstream } = stream(host, [bytes.subarray(0, at), bytes.subarray(at)]);
      const { texts, done, chunks } = read(downstream.text);
      assert.equal(texts[0], expected, `cut at ${at}`);
      assert.ok(done);
      assert.deepEqual(chunks.at(-1), usage);
    }
    const single = stream(host, Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))).downstream;
    assert.equal(read(single.text).texts[0], expected);
  });
}

test("masks phrases split at random, in random chunks, over several choices, like the whole text", () => {
  for (let round = 0; round < 300; round++) {
    const next = random(seed + round);
    const words = ["project ", "bluebird", "blue", "bird ", "naïve ", "🦜", " pro", "Ü", "\\\"", "\n", "x", "BLUE"];
    const texts = [0, 1, 2].map(() => Array.from({ length: next(12) }, () => words[next(words.length)]).join(""));
    const events = [];
    const left = texts.map((text) => text);
    while (left.some((text) => text)) {
      const i = next(3);
      const take = next(5);
      const content = left[i].slice(0, take); // by UTF-16 units: pairs are cut in half
      left[i] = left[i].slice(take);
      if (content || next(4) === 0) events.push(event(chunk({ content }, { index: i })));
      if (next(6) === 0) events.push(": ping\n\n");
      if (next(8) === 0) events.push(event(chunk({ tool_calls: [{ index: 0, function: { arguments: "blue" } }] }, { index: i })));
    }
    for (const i of [2, 0, 1]) events.push(event(chunk({}, { index: i, finish_reason: "stop" })));
    const bytes = Buffer.from(events.join("") + event(usage) + event("[DONE]"));
    const pieces = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + next(40);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    const { downstream } = stream(host, pieces);
    const { texts: masked, chunks, done } = read(downstream.text);
    const wanted = texts.map((text) => text.replace(/project bluebird|naïve 🦜|blue/gi, "***"));
    assert.deepEqual([0, 1, 2].map((i) => masked[i] ?? ""), wanted, `seed ${seed}, round ${round}`);
    assert.ok(done);
    assert.ok(chunks.every((c) => c.id === "c-1" && c.model === "m"));
    const tools = (text) => text.split("tool_calls").length;
    assert.equal(tools(downstream.text), tools(bytes.toString()));
  }
});

test("lets held text out before the finish reason, with the chunk's own ids", () => {
  const { chunks } = read(stream(host, [sse(["a b"])]).downstream.text);
  const finish = chunks.findIndex((c) => c.choices[0]?.finish_reason === "stop");
  assert.deepEqual(chunks[finish - 1], { id: "c-1", object: "chat.completion.chunk", created: 1, model: "m", system_fingerprint: "fp",
    choices: [{ index: 0, delta: { content: "b" }, finish_reason: null }] });
});

test("puts held text into the last event when that one brings text itself", () => {
  const out = stream(host, [event(chunk({ content: "b" })), event(chunk({ content: "l" }, { finish_reason: "length" })), event("[DONE]")]).downstream;
  const { chunks, texts } = read(out.text);
  assert.equal(chunks.length, 2);
  assert.equal(texts[0], "bl");
});

test("lets held text out before [DONE], and where the stream just ends", () => {
  const open = event(chunk({ content: "see b" }));
  assert.equal(read(stream(host, [open, event("[DONE]")]).downstream.text).texts[0], "see b");
  const cut = read(stream(host, [open]).downstream.text);
  assert.equal(cut.texts[0], "see b");
  assert.equal(cut.done, false);
  assert.equal(read(stream(host, [open.trimEnd()]).downstream.text).texts[0], "see b");
  assert.equal(read(stream(host, [open, 'data: {"choices":[{"delta":{"content":"lu']).downstream.text).texts[0], "see b");
});

test("masks text that comes after a choice has finished", () => {
  const { texts } = read(stream(host, [event(chunk({ content: "b" }, { finish_reason: "stop" })), event(chunk({ content: "blue" })), event("[DONE]"), event(chunk({ content: "blue" }))]).downstream.text);
  assert.equal(texts[0], "b******");
});

test("keeps choices and channels apart", () => {
  const events = [chunk({ content: "bl" }), chunk({ content: "ue" }, { index: 1 }), chunk({ reasoning_content: "ue" }), chunk({ refusal: "bl" }),
    chunk({ refusal: "ue" }), chunk({ reasoning_content: "blue" }), chunk({ content: "ue" }), chunk({}, { finish_reason: "stop" })];
  const { chunks } = read(stream(host, events.map((e) => event(e))).downstream.text);
  const text = (key, index) => chunks.flatMap((c) => c.choices).filter((c) => c.index === index).map((c) => c.delta[key] ?? "").join("");
  assert.equal(text("content", 0), "***");
  assert.equal(text("content", 1), "ue");
  assert.equal(text("refusal", 0), "***");
  assert.equal(text("reasoning_content", 0), "ue***");
});

test("masks several choices of one event, whatever the order of its members", () => {
  const two = (a, b, end = "null") => `data: {"choices":[{"delta":{"content":"${a}"},"index":1,"finish_reason":${end}},{"index":0,"delta":{"content":"${b}"}}],"id":"q"}\n\n`;
  const { texts } = read(stream(host, [two("bl", "b"), two("ue", "x"), two("", "y", '"stop"'), "data: [DONE]\n\n"]).downstream.text);
  assert.deepEqual(texts, { 0: "bxy", 1: "***" });
});

test("takes away the token probabilities of text that it holds or masks", () => {
  const logprobs = { content: [{ token: "bl" }] };
  const withProbabilities = (content) => {
    const c = chunk({ content });
    c.choices[0].logprobs = logprobs;
    return event(c);
  };
  const { chunks } = read(stream(host, [withProbabilities("grey"), withProbabilities("bl"), withProbabilities("ue")]).downstream.text);
  assert.deepEqual(chunks.map((c) => c.choices[0].logprobs), [logprobs, null, null]);
});

test("masks data over several lines, and data that is no chunk", () => {
  const lines = stream(host, ['data: {"choices":[{"index":0,\nid: 3\ndata: "delta":{"content":"blue"}}]}\n\n']).downstream.text;
  assert.equal(lines, 'data: {"choices":[{"index":0,\ndata: "delta":{"content":"***"}}]}\nid: 3\n\n');
  assert.equal(stream(host, ["data: plain blue\n\n"]).downstream.text, "data: plain ***\n\n");
  assert.equal(stream(host, ["data\n\ndata:\n\n\n\n:c\n\n"]).downstream.text, "data\n\ndata:\n\n\n\n:c\n\n");
  assert.equal(stream(host, ['\ufeffdata: {"choices":[{"delta":{"content":"blue"}}]}\n\n']).downstream.text, '\ufeffdata: {"choices":[{"delta":{"content":"***"}}]}\n\n');
});

test("passes an error event", () => {
  const error = event({ error: { message: "overloaded", type: "server_error", param: null, code: null } });
  assert.equal(stream(host, [error]).downstream.text, error);
});

test("resets a stream whose event has no end", () => {
  const exchange = stream(host, ["data: ", ...Array.from({ length: 20 }, () => "x".repeat(64 * 1024))]);
  assert.equal(exchange.wasReset, true);
});

test("masks patterns across events through the host", async () => {
  const expressions = await guard({ deny: { phrases: ["blue"], patterns: ["sk-[a-z]{4,8}"] } });
  const { texts } = read(stream(expressions, [sse([..."key sk-abcdef, blue sk-", "x"])]).downstream.text);
  assert.equal(texts[0], "key ***, *** sk-x");
});

test("holds its memory over many streams", async () => {
  const fresh = await guard({ deny: { phrases: ["blue"] } });
  const body = sse(["some text b", "lue and more text"]);
  let after = 0;
  for (let i = 0; i < 20_000; i++) {
    stream(fresh, [body]).close();
    if (i === 2_000) after = fresh.memoryBytes;
  }
  assert.equal(fresh.memoryBytes, after);
  assert.ok(after <= 1024 * 1024, `${after} bytes`);
});
