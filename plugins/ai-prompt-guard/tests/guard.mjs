// What the tests of the guard share: the built plugin in the SDK's test host.
import { Host } from "@sluice/assemblyscript/testing";
import { patterns } from "@sluice/assemblyscript/testing/patterns";

export const WASM = new URL("../build/plugin.wasm", import.meta.url);

export function guard(config, options = {}) {
  return Host.load(WASM, { config, foreign: patterns(), ...options });
}

/** Sends a chat request; `body` is an object, or bytes as they are. */
export function ask(host, body, headers = {}) {
  const exchange = host.exchange();
  return exchange.request(
    { ":method": "POST", ":path": "/v1/chat/completions", ":authority": "llm", "content-type": "application/json", ...headers },
    typeof body === "string" || Array.isArray(body) || body instanceof Uint8Array ? body : JSON.stringify(body));
}

export const HELLO = { model: "m", messages: [{ role: "user", content: "hello" }] };

/** Sends a harmless request and answers it with JSON. */
export function answer(host, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return ask(host, HELLO).response({ ":status": "200", "content-type": "application/json", ...headers }, text);
}

/** Sends a harmless request and answers it with events, in the pieces given. */
export function stream(host, pieces, headers = {}) {
  return ask(host, HELLO).response({ ":status": "200", "content-type": "text/event-stream", ...headers }, pieces);
}

export function chunk(delta, more = {}) {
  const { index = 0, finish_reason = null, ...rest } = more;
  return { id: "c-1", object: "chat.completion.chunk", created: 1, model: "m", system_fingerprint: "fp", ...rest,
    choices: [{ index, delta, logprobs: null, finish_reason }] };
}

export function event(data, eol = "\n") {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}${eol}${eol}`;
}

/** Reads events as a client does. */
export function read(text) {
  const events = text.split(/\r\n\r\n|\n\n|\r\r/).map((e) => e.split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data")).map((line) => line.slice(5).replace(/^ /, "")).join("\n")).filter((e) => e);
  const chunks = events.filter((e) => e !== "[DONE]").map((e) => JSON.parse(e));
  const texts = {};
  for (const choice of chunks.flatMap((c) => c.choices ?? [])) {
    const index = choice.index ?? 0;
    texts[index] = (texts[index] ?? "") + (choice.delta?.content ?? "");
  }
  return { events, chunks, texts, done: events.at(-1) === "[DONE]" };
}
