// A small proxy-wasm host (ABI 0.2.1) for tests of plugins in Node: one plugin, one filter in the chain, everything
// synchronous. It runs the real .wasm file and follows the statuses as Sluice and Envoy do.
//
//   const host = await Host.load("build/plugin.wasm", { config: { header: "x-a" } });
//   const exchange = host.exchange();
//   exchange.request({ ":method": "GET", ":path": "/" });
//   exchange.response({ ":status": "200" }, ["some ", "body"]);
//   exchange.upstream.headers, exchange.downstream.text, host.logs …

import { readFile } from "node:fs/promises";

export const Status = { ok: 0, notFound: 1, badArgument: 2, empty: 7, casMismatch: 8, internalFailure: 10, unimplemented: 12 };
const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];
const REQUEST_HEADERS = 0, REQUEST_TRAILERS = 1, RESPONSE_HEADERS = 2, RESPONSE_TRAILERS = 3;
const CALL_HEADERS = 6, CALL_TRAILERS = 7;
const ROOT = 1;

export class Host {
  /** Lines of the plugin's log: `{level, message}`. */
  logs = [];
  /** Metrics by name. */
  metrics = new Map();
  /** Shared data: key to `{value, cas}`. */
  shared = new Map();
  /** HTTP calls that wait for `respond`. */
  calls = [];
  tickPeriod = 0;
  /** Nanoseconds since 1970, as the plugin sees them. */
  now = 1_700_000_000_000_000_000n;

  /**
   * Loads and configures a plugin; throws when it refuses.
   *
   * @param wasm path, URL or bytes of the module
   * @param options.config the plugin's configuration: an object, or text
   * @param options.foreign foreign functions: name to `(bytes) => bytes | status number`
   * @param options.holdsHeaders whether `sluice.host.enable` is there (ABI.md); true unless said otherwise
   * @param options.properties path (segments joined by a dot) to text or bytes
   */
  static async load(wasm, options = {}) {
    const bytes = wasm instanceof Uint8Array ? wasm : await readFile(wasm);
    return new Host(await WebAssembly.compile(bytes), options);
  }

  constructor(module, options = {}) {
    this.options = { holdsHeaders: true, foreign: {}, properties: {}, ...options };
    this.config = encode(options.config ?? "");
    this.vmConfig = encode(options.vmConfig ?? "");
    this.exchanges = new Map();
    this.nextId = ROOT + 1;
    this.active = null;
    this.holding = false;
    this.imports = WebAssembly.Module.imports(module).map((i) => i.name);
    this.instance = new WebAssembly.Instance(module, { env: this.#functions() });
    const exports = this.instance.exports;
    exports._initialize?.();
    this.#call("proxy_on_context_create", ROOT, 0);
    if (this.#call("proxy_on_vm_start", ROOT, this.vmConfig.length) === 0) throw new Error(this.#refusal("to start"));
    if (this.#call("proxy_on_configure", ROOT, this.config.length) === 0) throw new Error(this.#refusal("its configuration"));
  }

  #refusal(what) {
    return `the plugin refused ${what}: ${this.logs.map((l) => l.message).join("; ")}`;
  }

  /** Bytes of the plugin's memory. */
  get memoryBytes() {
    return this.instance.exports.memory.buffer.byteLength;
  }

  /** Begins an exchange. */
  exchange() {
    const exchange = new Exchange(this, this.nextId++);
    this.exchanges.set(exchange.id, exchange);
    this.#call("proxy_on_context_create", exchange.id, ROOT);
    return exchange;
  }

  /** Calls the plugin's timer. */
  tick() {
    this.#call("proxy_on_tick", ROOT);
  }

  /** Answers the HTTP call `call`; without headers it has failed. */
  respond(call, headers = null, body = "", trailers = {}) {
    this.calls = this.calls.filter((c) => c !== call);
    this.callResponse = { headers: pairs(headers ?? {}), body: encode(body), trailers: pairs(trailers) };
    const { headers: h, body: b, trailers: t } = this.callResponse;
    this.#call("proxy_on_http_call_response", ROOT, call.id, headers ? h.length : 0, b.length, t.length);
    this.callResponse = null;
  }

  /** Delivers the answer of an asynchronous host service (ABI.md). */
  answer(id, status, result = new Uint8Array()) {
    const head = Buffer.alloc(5);
    head.writeUInt8(1, 0);
    head.writeUInt32LE(status, 1);
    this.foreignArguments = Buffer.concat([head, result]);
    this.#call("proxy_on_foreign_function", ROOT, id, this.foreignArguments.length);
  }

  #call(name, context, ...args) {
    return this.invoke(this.exchanges.get(context) ?? null, name, context, ...args);
  }

  /** Calls an export of the plugin, with an exchange as the effective context. */
  invoke(exchange, name, ...args) {
    const before = this.active;
    this.active = exchange;
    try {
      return this.instance.exports[name]?.(...args);
    } finally {
      this.active = before;
    }
  }

  // ---- memory

  #bytes(at, size) {
    return Buffer.from(new Uint8Array(this.instance.exports.memory.buffer, at >>> 0, size >>> 0));
  }

  #text(at, size) {
    return this.#bytes(at, size).toString();
  }

  #u32(at, value) {
    new DataView(this.instance.exports.memory.buffer).setUint32(at, value, true);
  }

  #u64(at, value) {
    new DataView(this.instance.exports.memory.buffer).setBigUint64(at, value, true);
  }

  /** Hands bytes to the plugin, in memory that it allocates. */
  #give(bytes, at, sizeAt) {
    let address = 0;
    if (bytes.length > 0) {
      const { proxy_on_memory_allocate, malloc } = this.instance.exports;
      address = (proxy_on_memory_allocate ?? malloc)(bytes.length);
      new Uint8Array(this.instance.exports.memory.buffer).set(bytes, address);
    }
    this.#u32(at, address);
    this.#u32(sizeAt, bytes.length);
    return Status.ok;
  }

  #map(type) {
    const exchange = this.active;
    if (type === CALL_HEADERS) return this.callResponse?.headers;
    if (type === CALL_TRAILERS) return this.callResponse?.trailers;
    if (!exchange) return undefined;
    return { [REQUEST_HEADERS]: exchange.upstream.headers, [REQUEST_TRAILERS]: exchange.upstream.trailers,
      [RESPONSE_HEADERS]: exchange.downstream.headers, [RESPONSE_TRAILERS]: exchange.downstream.trailers }[type] ?? undefined;
  }

  #buffer(type) {
    switch (type) {
      case 0: return this.active?.upstream.visible;
      case 1: return this.active?.downstream.visible;
      case 4: return this.callResponse?.body;
      case 6: return this.vmConfig;
      case 7: return this.config;
      case 8: return this.foreignArguments;
      default: return undefined;
    }
  }

  #functions() {
    const header = (change) => (type, key, keySize, value, valueSize) => {
      const map = this.#map(type);
      if (!map) return Status.badArgument;
      change(map, this.#text(key, keySize).toLowerCase(), value === undefined ? "" : this.#text(value, valueSize));
      return Status.ok;
    };
    const removeAll = (map, key) => {
      for (let i = map.length - 1; i >= 0; i--) if (map[i][0] === key) map.splice(i, 1);
    };
    return {
      proxy_log: (level, at, size) => {
        this.logs.push({ level: LEVELS[level], message: this.#text(at, size) });
        return Status.ok;
      },
      proxy_get_log_level: (at) => (this.#u32(at, 0), Status.ok),
      proxy_get_current_time_nanoseconds: (at) => (this.#u64(at, this.now), Status.ok),
      proxy_set_tick_period_milliseconds: (millis) => ((this.tickPeriod = millis), Status.ok),
      proxy_set_effective_context: (id) => {
        if (id !== ROOT && !this.exchanges.has(id)) throw new Error(`effective context ${id} does not exist`);
        this.active = this.exchanges.get(id) ?? null;
        return Status.ok;
      },
      proxy_done: () => Status.ok,
      proxy_continue_stream: (type) => (this.active[type === 0 ? "upstream" : "downstream"].resume(), Status.ok),
      proxy_close_stream: () => ((this.active.wasReset = true), Status.ok),
      proxy_send_local_response: (status, details, detailsSize, body, bodySize, headers, headersSize) => {
        this.active.localResponse = { status, body: this.#bytes(body, bodySize), details: this.#text(details, detailsSize),
          headers: parsePairs(this.#bytes(headers, headersSize)) };
        return Status.ok;
      },
      proxy_get_property: (path, size, at, sizeAt) => {
        const value = this.options.properties[this.#text(path, size).split("\0").join(".")];
        return value === undefined ? Status.notFound : this.#give(encode(value), at, sizeAt);
      },
      proxy_set_property: (path, size, value, valueSize) => {
        this.options.properties[this.#text(path, size).split("\0").join(".")] = this.#bytes(value, valueSize);
        return Status.ok;
      },
      proxy_get_header_map_value: (type, key, keySize, at, sizeAt) => {
        const found = this.#map(type)?.find(([name]) => name === this.#text(key, keySize).toLowerCase());
        return found ? this.#give(Buffer.from(found[1]), at, sizeAt) : Status.notFound;
      },
      proxy_add_header_map_value: header((map, key, value) => map.push([key, value])),
      proxy_replace_header_map_value: header((map, key, value) => {
        const found = map.find(([name]) => name === key);
        if (!found) return map.push([key, value]);
        found[1] = value;
      }),
      proxy_remove_header_map_value: header(removeAll),
      proxy_get_header_map_pairs: (type, at, sizeAt) => {
        const map = this.#map(type);
        return map ? this.#give(serializePairs(map), at, sizeAt) : Status.badArgument;
      },
      proxy_set_header_map_pairs: (type, at, size) => {
        const map = this.#map(type);
        if (!map) return Status.badArgument;
        map.splice(0, map.length, ...parsePairs(this.#bytes(at, size)));
        return Status.ok;
      },
      proxy_get_buffer_status: (type, sizeAt, flagsAt) => {
        const buffer = this.#buffer(type);
        if (!buffer) return Status.notFound;
        this.#u32(sizeAt, buffer.length);
        this.#u32(flagsAt, 0);
        return Status.ok;
      },
      proxy_get_buffer_bytes: (type, start, length, at, sizeAt) => {
        const buffer = this.#buffer(type);
        return buffer ? this.#give(buffer.subarray(start, start + length), at, sizeAt) : Status.notFound;
      },
      proxy_set_buffer_bytes: (type, start, length, at, size) => {
        const leg = type === 0 ? this.active?.upstream : type === 1 ? this.active?.downstream : undefined;
        if (!leg?.visible) return Status.badArgument;
        const old = leg.visible;
        const from = Math.min(start, old.length);
        leg.visible = Buffer.concat([old.subarray(0, from), this.#bytes(at, size), old.subarray(Math.min(from + length, old.length))]);
        return Status.ok;
      },
      proxy_get_shared_data: (key, keySize, at, sizeAt, casAt) => {
        const entry = this.shared.get(this.#text(key, keySize));
        if (!entry) return Status.notFound;
        this.#u32(casAt, entry.cas);
        return this.#give(entry.value, at, sizeAt);
      },
      proxy_set_shared_data: (key, keySize, value, valueSize, cas) => {
        const name = this.#text(key, keySize);
        const entry = this.shared.get(name);
        if (entry && cas !== 0 && cas !== entry.cas) return Status.casMismatch;
        this.shared.set(name, { value: this.#bytes(value, valueSize), cas: (entry?.cas ?? 0) + 1 });
        return Status.ok;
      },
      proxy_register_shared_queue: () => Status.unimplemented,
      proxy_resolve_shared_queue: () => Status.notFound,
      proxy_dequeue_shared_queue: () => Status.notFound,
      proxy_enqueue_shared_queue: () => Status.notFound,
      proxy_define_metric: (type, name, size, at) => {
        const key = this.#text(name, size);
        if (!this.metrics.has(key)) this.metrics.set(key, 0n);
        this.#u32(at, [...this.metrics.keys()].indexOf(key) + 1);
        return Status.ok;
      },
      proxy_increment_metric: (id, by) => this.#metric(id, (old) => old + by),
      proxy_record_metric: (id, value) => this.#metric(id, () => value),
      proxy_get_metric: (id, at) => this.#metric(id, (old) => (this.#u64(at, old), old)),
      proxy_http_call: (upstream, upstreamSize, headers, headersSize, body, bodySize, trailers, trailersSize, timeout, at) => {
        const id = this.nextId++;
        this.calls.push({ id, upstream: this.#text(upstream, upstreamSize), timeout, body: this.#text(body, bodySize),
          headers: Object.fromEntries(parsePairs(this.#bytes(headers, headersSize))) });
        this.#u32(at, id);
        return Status.ok;
      },
      proxy_call_foreign_function: (name, nameSize, args, argsSize, at, sizeAt) => {
        const key = this.#text(name, nameSize);
        if (key === "sluice.host.enable" && this.options.holdsHeaders) {
          this.holding = true;
          return this.#give(Buffer.from([1, 1, 0, 0, 0]), at, sizeAt);
        }
        const found = this.options.foreign[key];
        if (!found) return Status.notFound;
        const result = found(this.#bytes(args, argsSize));
        return typeof result === "number" ? result : this.#give(Buffer.from(result), at, sizeAt);
      },
    };
  }

  #metric(id, change) {
    const name = [...this.metrics.keys()][id - 1];
    if (name === undefined) return Status.badArgument;
    this.metrics.set(name, change(this.metrics.get(name)));
    return Status.ok;
  }
}

/** One direction of an exchange: what has left the plugin, and what it holds back. */
class Leg {
  headers = null;
  trailers = null;
  /** Pieces that have passed the plugin. */
  chunks = [];
  ended = false;
  headersPassed = false;
  /** Bytes that the plugin sees in the current callback. */
  visible = null;
  held = null;
  stopped = false;

  constructor(exchange, prefix) {
    this.exchange = exchange;
    this.prefix = prefix;
  }

  get body() {
    return Buffer.concat(this.chunks);
  }

  get text() {
    return this.body.toString();
  }

  get json() {
    return JSON.parse(this.text);
  }

  header(name) {
    return this.headers?.find(([key]) => key === name)?.[1];
  }

  #call(name, ...args) {
    return this.exchange.call(`proxy_on_${this.prefix}_${name}`, ...args);
  }

  onHeaders(map, end) {
    this.headers = pairs(map);
    let status = this.#call("headers", this.headers.length, end ? 1 : 0) ?? 0;
    if (this.exchange.settled(this)) return;
    if (status === 1 && !this.exchange.host.holding) status = 4;
    if (status === 0 || status === 2) this.headersPassed = true;
    else if (status !== 1) this.stopped = true;
    if (status === 2 || (end && this.headersPassed)) this.ended = true;
  }

  onBody(bytes, end) {
    if (this.ended) return;
    if (this.stopped) {
      this.held = Buffer.concat([this.held ?? Buffer.alloc(0), bytes]);
      this.pendingEnd ||= end;
      return;
    }
    this.visible = this.held ? Buffer.concat([this.held, bytes]) : bytes;
    this.held = null;
    const status = this.#call("body", this.visible.length, end ? 1 : 0) ?? 0;
    const left = this.visible;
    this.visible = null;
    if (this.exchange.settled(this)) return;
    if (status === 0) this.#pass(left, end);
    else if (status === 3) this.held = null;
    else this.held = left;
  }

  #pass(bytes, end) {
    this.headersPassed = true;
    if (bytes.length > 0) this.chunks.push(bytes);
    if (end) this.ended = true;
  }

  onTrailers(map) {
    if (this.ended) return;
    this.trailers = pairs(map);
    this.visible = this.held ?? Buffer.alloc(0);
    const status = this.#call("trailers", this.trailers.length) ?? 0;
    const left = this.visible;
    this.visible = null;
    if (this.exchange.settled(this)) return;
    if (status === 0) this.#pass(left, true);
    else this.held = left;
  }

  /** What `proxy_continue_stream` does. */
  resume() {
    this.stopped = false;
    this.headersPassed = true;
    if (this.held) {
      this.chunks.push(this.held);
      this.held = null;
    }
    if (this.pendingEnd) this.ended = true;
  }
}

/** One exchange: `upstream` is the request as it leaves the plugin, `downstream` the response. */
export class Exchange {
  localResponse = null;
  wasReset = false;

  constructor(host, id) {
    this.host = host;
    this.id = id;
    this.upstream = new Leg(this, "request");
    this.downstream = new Leg(this, "response");
  }

  call(name, ...args) {
    return this.host.invoke(this, name, this.id, ...args);
  }

  /** Takes a local response out after a callback; it passes the plugin's own response callbacks, as in Envoy. */
  settled(leg) {
    const local = this.localResponse;
    if (this.answered || this.wasReset || !local) return this.wasReset;
    if (leg === this.downstream && leg.headersPassed) return (this.wasReset = true);
    this.answered = true;
    this.upstream.ended = true;
    this.downstream = new Leg(this, "response");
    const headers = [[":status", String(local.status)], ["content-length", String(local.body.length)], ...local.headers];
    this.downstream.onHeaders(headers, local.body.length === 0);
    if (local.body.length > 0) this.downstream.onBody(local.body, true);
    return true;
  }

  /** Sends a request: headers, pieces of the body, trailers. */
  request(headers, body = [], trailers = null) {
    return this.#send(this.upstream, headers, body, trailers);
  }

  /** Sends the upstream's response. */
  response(headers, body = [], trailers = null) {
    return this.#send(this.downstream, headers, body, trailers);
  }

  #send(leg, headers, body, trailers) {
    const pieces = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
    leg.onHeaders(headers, pieces.length === 0 && !trailers);
    pieces.forEach((piece, i) => {
      if (!this.over(leg)) leg.onBody(encode(piece), i === pieces.length - 1 && !trailers);
    });
    if (trailers && !this.over(leg)) leg.onTrailers(trailers);
    return this;
  }

  over(leg) {
    return this.wasReset || (this.answered && leg !== this.downstream) || (this.answered && leg.ended);
  }

  /** Ends the exchange as the gateway does. */
  close() {
    this.call("proxy_on_done");
    this.call("proxy_on_log");
    this.call("proxy_on_delete");
    this.host.exchanges.delete(this.id);
  }
}

function encode(value) {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

function pairs(headers) {
  const list = Array.isArray(headers) ? headers : Object.entries(headers);
  return list.map(([name, value]) => [name.toLowerCase(), String(value)]);
}

function serializePairs(list) {
  if (list.length === 0) return Buffer.alloc(0);
  const head = Buffer.alloc(4 + list.length * 8);
  head.writeUInt32LE(list.length, 0);
  const parts = [head];
  list.forEach(([name, value], i) => {
    const n = Buffer.from(name), v = Buffer.from(value);
    head.writeUInt32LE(n.length, 4 + i * 8);
    head.writeUInt32LE(v.length, 8 + i * 8);
    parts.push(n, Buffer.from([0]), v, Buffer.from([0]));
  });
  return Buffer.concat(parts);
}

function parsePairs(bytes) {
  if (bytes.length === 0) return [];
  const count = bytes.readUInt32LE(0);
  let at = 4 + count * 8;
  return Array.from({ length: count }, (_, i) => {
    const take = (size) => {
      const text = bytes.subarray(at, at + size).toString();
      at += size + 1;
      return text;
    };
    return [take(bytes.readUInt32LE(4 + i * 8)), take(bytes.readUInt32LE(8 + i * 8))];
  });
}
