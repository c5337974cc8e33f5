// Drives an LLM endpoint with the official SDK of a format and prints what it saw, a JSON line for each scenario: the
// same ones as sdk_clients.py, whose comments say what they are.
//
// usage: sdk_clients.mjs openai|responses|anthropic URL KEY MODULES http1|CA MODEL...
// MODULES is the folder of the SDKs; CA the file of an authority that is trusted: it asks for HTTP/2, which needs TLS here.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [kind, url, key, modules, version, ...models] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(createRequire(modules + "/").resolve(name)).href);

async function transport() {
  if (version === "http1") return {};
  const { Agent, fetch } = await load("undici");
  const dispatcher = new Agent({ allowH2: true, connect: { ca: readFileSync(version) } });
  return { fetch, fetchOptions: { dispatcher } };
}

const SYSTEM = "Be brief.";
const TOOLS = [
  {
    name: "weather",
    description: "Tells the weather",
    schema: {
      type: "object",
      properties: { city: { type: "string", description: "where" }, days: { type: "integer" } },
      required: ["city"],
    },
  },
  { name: "clock", description: "Tells the time", schema: { type: "object", properties: { zone: { type: "string", enum: ["CET", "UTC"] } } } },
];
const OUTPUTS = { weather: "rain in Zürich", clock: "noon" };
const TOOL_PROMPT = "Ask weather and clock.";
const wish = (words) => (words ? `${SYSTEM} [[standin ${words}]]` : SYSTEM);
const user = (text) => [{ role: "user", content: text }];

async function openai() {
  const { default: OpenAI } = await load("openai");
  const client = new OpenAI({ apiKey: key, baseURL: url + "/v1", maxRetries: 0, ...(await transport()) });
  return {
    async ask(model, words, messages, { tools, stream, limit, think }) {
      const body = { model, messages: [{ role: "system", content: wish(words) }, ...messages] };
      if (limit) body.max_completion_tokens = limit;
      if (think) body.reasoning_effort = "low";
      if (tools)
        body.tools = TOOLS.map((t) => ({ type: "function", function: { name: t.name, description: t.description, parameters: t.schema } }));
      let answer;
      let parts = 0;
      let thinking = "";
      if (stream) {
        const events = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
        for await (const chunk of events) {
          parts++;
          for (const choice of chunk.choices) thinking += choice.delta.reasoning_content ?? "";
        }
        answer = await events.finalChatCompletion();
      } else {
        answer = await client.chat.completions.create(body);
        thinking = answer.choices[0].message.reasoning_content ?? "";
      }
      const { message, finish_reason: finish } = answer.choices[0];
      const calls = (message.tool_calls ?? []).map((c) => [c.id, c.function.name, JSON.parse(c.function.arguments)]);
      const usage = answer.usage;
      return {
        calls,
        seen: {
          text: message.content ?? "",
          thinking,
          finish,
          parts,
          input: usage.prompt_tokens,
          cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
          output: usage.completion_tokens,
          reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
        },
      };
    },
    history: (prompt, calls) => [
      ...user(prompt),
      {
        role: "assistant",
        content: null,
        tool_calls: calls.map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } })),
      },
      ...calls.map(([id, name]) => ({ role: "tool", tool_call_id: id, content: OUTPUTS[name] })),
    ],
  };
}

async function responses() {
  const { default: OpenAI } = await load("openai");
  const client = new OpenAI({ apiKey: key, baseURL: url + "/v1", maxRetries: 0, ...(await transport()) });
  return {
    async ask(model, words, input, { tools, stream, limit, think }) {
      const body = { model, instructions: wish(words), input, store: false };
      if (limit) body.max_output_tokens = Math.max(16, limit);
      if (think) body.reasoning = { effort: "low", summary: "auto" };
      if (tools) body.tools = TOOLS.map((t) => ({ type: "function", name: t.name, description: t.description, parameters: t.schema, strict: false }));
      let answer;
      let parts = 0;
      if (stream) {
        let text = "";
        for await (const event of await client.responses.create({ ...body, stream: true })) {
          parts++;
          if (event.type === "response.output_text.delta") text += event.delta;
          if (event.type === "response.completed" || event.type === "response.incomplete") answer = event.response;
          if (event.type === "error") throw new Error(event.message);
          if (event.type === "response.failed") throw new Error(event.response.error?.message);
        }
        if (!answer) throw new Error("the stream ended without response.completed");
        const whole = answer.output.filter((i) => i.type === "message").map((i) => i.content.map((c) => c.text).join("")).join("");
        if (whole !== text) throw new Error(`the deltas say ${text}, the response ${whole}`);
      } else {
        answer = await client.responses.create(body);
      }
      const of = (type) => answer.output.filter((item) => item.type === type);
      const calls = of("function_call").map((c) => [c.call_id, c.name, JSON.parse(c.arguments)]);
      return {
        calls,
        seen: {
          text: of("message").map((i) => i.content.map((c) => c.text).join("")).join(""),
          thinking: of("reasoning").map((i) => i.summary.map((s) => s.text).join("")).join(""),
          finish: answer.incomplete_details?.reason ?? answer.status,
          parts,
          input: answer.usage.input_tokens,
          cached: answer.usage.input_tokens_details.cached_tokens,
          output: answer.usage.output_tokens,
          reasoning: answer.usage.output_tokens_details.reasoning_tokens,
        },
      };
    },
    history: (prompt, calls) => [
      ...user(prompt),
      ...calls.map(([id, name, args]) => ({ type: "function_call", call_id: id, name, arguments: JSON.stringify(args) })),
      ...calls.map(([id, name]) => ({ type: "function_call_output", call_id: id, output: OUTPUTS[name] })),
    ],
  };
}

async function anthropic() {
  const { default: Anthropic } = await load("@anthropic-ai/sdk");
  const client = new Anthropic({ apiKey: key, baseURL: url, maxRetries: 0, ...(await transport()) });
  return {
    async ask(model, words, messages, { tools, stream, limit, think }) {
      const body = { model, system: wish(words), messages, max_tokens: limit ?? 4000 };
      if (think) body.thinking = { type: "enabled", budget_tokens: 1024 };
      if (tools) body.tools = TOOLS.map((t) => ({ name: t.name, description: t.description, input_schema: t.schema }));
      let answer;
      let parts = 0;
      if (stream) {
        const events = client.messages.stream(body);
        for await (const event of events) {
          parts++;
          if (event.type === "message_start" && !event.message.usage.input_tokens) throw new Error("message_start has no usage");
        }
        answer = await events.finalMessage();
      } else {
        answer = await client.messages.create(body);
      }
      const of = (type) => answer.content.filter((block) => block.type === type);
      const cached = answer.usage.cache_read_input_tokens ?? 0;
      return {
        calls: of("tool_use").map((b) => [b.id, b.name, b.input]),
        handle: answer.content,
        seen: {
          text: of("text").map((b) => b.text).join(""),
          thinking: of("thinking").map((b) => b.thinking).join(""),
          finish: answer.stop_reason,
          parts,
          input: answer.usage.input_tokens + cached + (answer.usage.cache_creation_input_tokens ?? 0),
          cached,
          output: answer.usage.output_tokens,
        },
      };
    },
    history: (prompt, calls, handle) => [
      ...user(prompt),
      { role: "assistant", content: handle },
      { role: "user", content: calls.map(([id, name]) => ({ type: "tool_result", tool_use_id: id, content: OUTPUTS[name] })) },
    ],
  };
}

function* scenarios() {
  for (const stream of [false, true]) {
    yield ["plain", stream, { words: "", prompt: "Tell me the news." }];
    yield ["thinking", stream, { words: "cached=3", prompt: "Tell me the news.", think: true }];
    yield ["length", stream, { words: "words=40", prompt: "Go on.", limit: 20 }];
    yield ["tools", stream, { words: "preface", prompt: TOOL_PROMPT, tools: true }];
    yield ["refused", stream, { words: "status=400", prompt: "Tell me the news." }];
  }
  yield ["failed", true, { words: "fail=6", prompt: "Tell me the news." }];
  yield ["cut", true, { words: "cut=6", prompt: "Tell me the news." }];
  yield ["split", true, { words: "split=3 words=10", prompt: "Tell me the news." }];
}

async function run(client, model, scenario, stream, { words, prompt, tools, limit, think }) {
  const line = { model, scenario, stream };
  const shown = (result) => ({ ...result.seen, calls: result.calls.map(([, name, args]) => [name, args]) });
  try {
    const first = await client.ask(model, words, user(prompt), { tools, stream, limit, think });
    Object.assign(line, shown(first));
    if (tools) line.then = shown(await client.ask(model, "", client.history(prompt, first.calls, first.handle), { tools, stream }));
  } catch (problem) {
    line.error = { type: problem.constructor.name, status: problem.status ?? null, message: String(problem.message) };
  }
  return line;
}

const client = await { openai, responses, anthropic }[kind]();
for (const model of models)
  for (const [name, stream, what] of scenarios()) console.log(JSON.stringify(await run(client, model, name, stream, what)));
