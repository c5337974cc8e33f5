/** Header or trailer fields of a message, in order; names are in lower case. */
export interface Headers extends Iterable<[string, string]> {
  /** Returns the first value of a name. */
  get(name: string): string | undefined;
  /** Returns all values of a name. */
  getAll(name: string): string[];
  has(name: string): boolean;
  /** Replaces all values of a name. Throws once the headers have gone on. */
  set(name: string, value: string | number | boolean): this;
  /** Adds a value. */
  append(name: string, value: string | number | boolean): this;
  /** Removes a name and returns whether it was there. */
  delete(name: string): boolean;
  entries(): IterableIterator<[string, string]>;
}

/** What can be sent as a body: text (as UTF-8), bytes, or anything else as JSON. */
export type BodyInit = string | ArrayBuffer | ArrayBufferView | object;
export type HeadersInit = Iterable<[string, string]> | Record<string, string | number | string[]>;

/** The whole body of a message, in `onRequestBody` and `onResponseBody`. */
export interface Body {
  /** The number of bytes. */
  readonly length: number;
  text(): string;
  bytes(): Uint8Array;
  json<T = any>(): T;
  /** Replaces the body; `content-length` is corrected. */
  set(body: BodyInit): void;
}

export interface Message {
  /** Can be changed in the callbacks for headers and for the whole body. */
  readonly headers: Headers;
  readonly body: Body;
  /** The trailers, in the callbacks for trailers. */
  readonly trailers?: Headers;
}

export interface RequestMessage extends Message {
  method: string;
  /** The path with the query. */
  path: string;
  authority: string;
  readonly scheme: string;
}

export interface ResponseMessage extends Message {
  status: number;
}

/** An answer in place of the upstream. */
export interface LocalResponse {
  /** 200 to 599; 200 by default. */
  status?: number;
  /** A stable word for logs and metrics. */
  code?: string;
  headers?: HeadersInit;
  body?: BodyInit;
}

/** Attributes of the exchange, by Envoy's names: `source.address`, `xds.route_name`, `request.protocol`. */
export interface Properties {
  text(path: string): Promise<string | undefined>;
  number(path: string): Promise<number | undefined>;
  bytes(path: string): Promise<Uint8Array | undefined>;
  /** Sets an attribute for the plugins that follow; answers false when it is read-only. */
  set(path: string, value: string | Uint8Array): Promise<boolean>;
}

/** Who speaks in a segment of an LLM request. */
export type AiRole = "system" | "user" | "assistant" | "tool_input" | "tool_output" | "tool_definition";

/** One piece of text of a request; `place` is a JSON pointer into the client's body. */
export interface AiSegment {
  readonly index: number;
  readonly role: AiRole;
  readonly place: string;
  readonly text: string;
}

/** Tokens: `input` includes the cached ones, `output` those of reasoning. */
export interface AiUsage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
  /** Whether the gateway counted, because the provider did not. */
  readonly estimated: boolean;
  readonly cacheWrites: number;
}

/** One event of an LLM response, streamed or not. */
export type AiEvent =
  | { type: "text"; choice?: number; place?: "answer" | "reasoning" | "refusal" | string; text: string }
  | { type: "toolCall"; choice?: number; call: number; name?: string; arguments: string }
  | { type: "finish"; choice?: number; reason: string }
  | ({ type: "usage" } & AiUsage);

/** How an LLM exchange ended. */
export interface AiEnd {
  readonly outcome: "complete" | "refused" | "cached" | "upstream_error" | "truncated" | "client_gone";
  readonly model: string;
  readonly provider: string;
  readonly usage: AiUsage;
}

/** An LLM call on a route with `ai`; needs the grant `ai`. Its fields are there in a plugin that has `onAiRequest`. */
export interface AiCall {
  /** `openai.chat`, `anthropic.messages`, `gemini.generateContent`, … */
  readonly protocol: string;
  readonly model: string;
  readonly stream: boolean;
  readonly consumer: string | null;
  readonly estimatedPromptTokens: number;
  readonly maxOutputTokens?: number;
  readonly segments: readonly AiSegment[];
  readonly tools: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Replaces the text of a segment; the rest of the client's body stays as it is. */
  replace(segment: AiSegment, text: string): void;
  /** Adds a message at the end of the conversation. */
  append(role: AiRole, text: string): void;
  /** Names another model, which routing uses. */
  setModel(model: string): void;
  /** In `onAiEvent`: sends others on in place of the event; none holds it back. */
  replaceEvent(...events: AiEvent[]): void;
  /** Sends events before the one at hand, or before the next one. */
  emit(...events: AiEvent[]): void;
  /** Refuses in the client's protocol: an error, or with status 200 an answer that says `message`. */
  refuse(refusal: { status?: number; code?: string; message?: string }): void;
  /** Answers in place of a provider in the client's protocol. */
  answer(...events: AiEvent[]): void;
}

/** One exchange. The same object is passed to each of its callbacks. */
export interface StreamContext<C = any, S = any> {
  readonly config: C;
  readonly request: RequestMessage;
  /** Is there from `onResponseHeaders` on. */
  readonly response: ResponseMessage;
  /** Is there in `onAiRequest`, `onAiEvent` and `onAiEnd`. */
  readonly ai: AiCall;
  /** Yours, for what one callback leaves to the next. */
  state: S;
  /** Whether the message ends with what this callback sees. */
  readonly endOfStream: boolean;
  readonly properties: Properties;
  /** Answers when this callback has ended; the upstream sees nothing. */
  respond(answer: LocalResponse): void;
  /** In a callback for headers: lets the body pass without `onRequestBody` or `onResponseBody`. */
  passBody(): void;
}

type Eventually = void | Promise<void>;
type Chunk = BodyInit | void;

/** A plugin. Each callback may be asynchronous; the exchange waits for it. */
export interface Plugin<C = any, S = any> {
  /** Checks a configuration, at load. What it throws refuses the plugin. Not asynchronous. */
  onConfigure?(config: C, root: { plugin: string; rootId: string }): void;
  onRequestHeaders?(ctx: StreamContext<C, S>): Eventually;
  /** Sees the whole request body; the headers wait for it. At most `limits.bodyBuffer` bytes. */
  onRequestBody?(ctx: StreamContext<C, S>): Eventually;
  /** Sees the request body as it comes. What it returns goes on in place of the chunk. */
  onRequestChunk?(ctx: StreamContext<C, S>, chunk: Uint8Array): Chunk | Promise<Chunk>;
  onRequestTrailers?(ctx: StreamContext<C, S>): Eventually;
  onResponseHeaders?(ctx: StreamContext<C, S>): Eventually;
  /** Sees the whole response body; use `onResponseChunk` for streams. */
  onResponseBody?(ctx: StreamContext<C, S>): Eventually;
  onResponseChunk?(ctx: StreamContext<C, S>, chunk: Uint8Array): Chunk | Promise<Chunk>;
  onResponseTrailers?(ctx: StreamContext<C, S>): Eventually;
  /** Sees an LLM request on a route with `ai`, whatever its format; before `onRequestBody`. */
  onAiRequest?(ctx: StreamContext<C, S>): Eventually;
  /** Sees one event of the response, in order, streamed or not. */
  onAiEvent?(ctx: StreamContext<C, S>, event: AiEvent): Eventually;
  /** Learns how the LLM exchange ended; nothing can be changed any more. */
  onAiEnd?(ctx: StreamContext<C, S>, end: AiEnd): Eventually;
  /** Is called when the exchange has ended; nothing can be changed any more. */
  onLog?(ctx: StreamContext<C, S>): Eventually;
  /** Milliseconds between ticks; 1000 by default, for plugins with `onTick`. */
  tickPeriod?: number;
  onTick?(ctx: { config: C }): Eventually;
  /** Is called before the plugin ends; has five seconds. */
  onDone?(ctx: { config: C }): Eventually;
}

/** Declares a plugin: the default export of its module. */
export function definePlugin<C = any, S = any>(plugin: Plugin<C, S>): Plugin<C, S>;

/** What a host call fails with. */
export class SluiceError extends Error {
  readonly reason:
    | "NOT_GRANTED" | "NOT_FOUND" | "BAD_ARGUMENT" | "CAS_MISMATCH" | "LIMIT"
    | "TIMEOUT" | "UNAVAILABLE" | "CANCELLED" | "INTERNAL";
}

export interface Log {
  trace(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}

export interface Bytes {
  bytes(): Uint8Array;
  text(): string;
  json<T = any>(): T;
}

export interface FetchRequest {
  /** GET, or POST where there is a body. */
  method?: string;
  path?: string;
  /** The upstream's name by default. */
  authority?: string;
  headers?: HeadersInit;
  body?: BodyInit;
  /** Milliseconds for the whole call; 5000 by default. */
  timeout?: number;
}

export interface FetchResponse extends Bytes {
  readonly status: number;
  readonly headers: Headers;
}

export type Pattern =
  | string
  | { literal: string; ignoreCase?: boolean; wholeWord?: boolean }
  | { expression: string; ignoreCase?: boolean; wholeWord?: boolean };

/** A match; offsets count bytes of the UTF-8 text. */
export interface Match {
  pattern: number;
  start: number;
  end: number;
}

export interface PatternSet {
  /** Returns at most `limit` (100) matches, by start. */
  scan(text: string | Uint8Array, limit?: number): Match[];
  matches(text: string | Uint8Array): boolean;
}

/** How a limit renews itself; times are milliseconds. */
export type Window =
  | { fixed: "second" | "minute" | "hour" | "day" | "week" | "month"; zone?: string }
  | { sliding: number }
  | { tokenBucket: number }
  | { concurrency: number };

export interface Limit {
  key: string;
  amount: number;
  window: Window;
}

export interface Remaining {
  key: string;
  /** Negative: debt. */
  remaining: number;
  resetsAt: Date;
}

/** Is what a plugin may use; a service that was not granted throws a SluiceError. Times are milliseconds. */
export interface Sluice {
  readonly log: Log;
  readonly clock: {
    /** Milliseconds since 1970, with fractions. */
    now(): number;
    /** Milliseconds of a clock that never goes back. */
    monotonic(): number;
  };
  readonly metrics: {
    counter(name: string): { add(delta?: number): void };
    gauge(name: string): { add(delta?: number): void; set(value: number): void };
    histogram(name: string): { record(value: number): void };
  };
  readonly patterns: {
    /** Compiles patterns that are matched in linear time; once, in `onConfigure` or at the top. */
    compile(patterns: Pattern[]): PatternSet;
  };
  readonly http: {
    /** Calls an upstream of the configuration that was granted (`grants: {http: [name]}`). */
    fetch(upstream: string, request?: FetchRequest): Promise<FetchResponse>;
  };
  readonly store: {
    get(key: string): Promise<(Bytes & { readonly version: string }) | null>;
    set(key: string, value: BodyInit, options?: { ttl?: number }): Promise<string>;
    /** Writes when the version is still the one read; "0" expects no entry. Fails with CAS_MISMATCH. */
    compareAndSet(key: string, value: BodyInit, version: string, options?: { ttl?: number }): Promise<string>;
    delete(key: string): Promise<boolean>;
    /** Takes a lock that frees itself; null when another holds it. */
    lock(key: string, expiry: number): Promise<{ readonly fence: string; unlock(): Promise<boolean> } | null>;
  };
  readonly counters: {
    add(limits: Limit[], amount?: number): Promise<Remaining[]>;
    /** Reserves on all limits or on none; given back, and failed with CANCELLED, when the exchange ends before the answer. */
    reserve(limits: Limit[], amount: number, expiry: number):
      Promise<{ granted: boolean; reservation: string; remaining: Remaining[] }>;
    settle(reservation: string, amount: number): Promise<Remaining[]>;
    release(reservation: string): Promise<Remaining[]>;
    peek(limits: Limit[]): Promise<Remaining[]>;
  };
  readonly vectors: {
    upsert(
      namespace: string,
      item: { key: string; vector: ArrayLike<number>; value?: BodyInit; attributes?: Record<string, string> },
      options?: { ttl?: number }): Promise<boolean>;
    search(
      namespace: string,
      query: { vector: ArrayLike<number>; k?: number; minScore?: number; filter?: Record<string, string> }):
      Promise<(Bytes & { key: string; score: number; attributes: Record<string, string> })[]>;
    delete(namespace: string, key: string): Promise<boolean>;
    deleteWhere(namespace: string, filter: Record<string, string>): Promise<number>;
  };
  /** Turns texts into vectors of unit length. */
  embed(texts: string[]): Promise<Float32Array[]>;
  readonly tokens: {
    /** Estimates the tokens of a text for a model. */
    count(model: string, text: string): Promise<number>;
  };
}

export const sluice: Sluice;
