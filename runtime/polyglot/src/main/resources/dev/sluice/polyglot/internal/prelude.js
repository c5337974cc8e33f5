// Makes the world of a JavaScript plugin: the `sluice` object, `definePlugin`, `console`, and the
// context objects of exchanges. Evaluates to a function that takes the host's functions, which stay
// in this closure, and returns what the host calls. The types are in plugin-sdk/javascript.
(function (host) {
  'use strict';

  const CALLBACKS = [
    'onRequestHeaders', 'onRequestBody', 'onRequestChunk', 'onRequestTrailers',
    'onResponseHeaders', 'onResponseBody', 'onResponseChunk', 'onResponseTrailers',
    'onAiRequest', 'onAiEvent', 'onAiEnd', 'onLog', 'onTick', 'onDone',
  ];
  const LEVELS = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };
  const decoder = new TextDecoder();

  class SluiceError extends Error {
    constructor(reason, message) {
      super(message);
      this.name = 'SluiceError';
      this.reason = reason;
    }
  }

  // Answers of the host: [true, value] or [false, reason, message].
  function take(answer) {
    if (answer[0]) return answer[1];
    throw new SluiceError(answer[1], answer[2]);
  }

  const calls = new Map();

  function ask(operation, ...args) {
    const id = take(host.call(operation, args));
    return new Promise((resolve, reject) => calls.set(id, { resolve, reject }));
  }

  const bytesOf = (buffer) => new Uint8Array(new ArrayBuffer(buffer)).slice();
  const listOf = (list) => Array.from(list);

  // What the host takes as bytes: strings and whole ArrayBuffers.
  function outgoing(value) {
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value;
    if (ArrayBuffer.isView(value)) {
      return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
    }
    if (value instanceof ArrayBuffer) return value;
    return JSON.stringify(value);
  }

  function flat(object) {
    const list = [];
    for (const [key, value] of Object.entries(object ?? {})) list.push(key, String(value));
    return list;
  }

  // ---- headers

  const TOKEN = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;

  class Headers {
    #list;
    #changed = false;
    #open;

    constructor(lines, open) {
      this.#list = lines ? lines.split('\n') : [];
      if (lines) this.#list.pop();
      this.#open = open;
    }

    static edits(headers) {
      if (!headers || !headers.#changed) return null;
      headers.#changed = false;
      return headers.#list.length ? headers.#list.join('\n') + '\n' : '';
    }

    static lines(headers) {
      return headers.#list.length ? headers.#list.join('\n') + '\n' : '';
    }

    #change(name, value) {
      if (!this.#open()) throw new TypeError('these headers have gone on and cannot be changed');
      if (!TOKEN.test(name)) throw new TypeError(`header name: ${JSON.stringify(name)}`);
      if (/[\0\r\n]/.test(value)) throw new TypeError(`value of header ${name} has a line break`);
      this.#changed = true;
    }

    get(name) {
      const list = this.#list;
      const wanted = String(name).toLowerCase();
      for (let i = 0; i < list.length; i += 2) if (list[i] === wanted) return list[i + 1];
      return undefined;
    }

    getAll(name) {
      const wanted = String(name).toLowerCase();
      return this.#list.filter((_, i, list) => i % 2 === 1 && list[i - 1] === wanted);
    }

    has(name) {
      return this.get(name) !== undefined;
    }

    set(name, value) {
      const wanted = String(name).toLowerCase();
      const text = String(value);
      this.#change(wanted, text);
      const at = this.#list.findIndex((field, i) => i % 2 === 0 && field === wanted);
      if (at < 0) {
        this.#list.push(wanted, text);
        return this;
      }
      this.#list[at + 1] = text;
      for (let i = this.#list.length - 2; i > at; i -= 2) {
        if (this.#list[i] === wanted) this.#list.splice(i, 2);
      }
      return this;
    }

    append(name, value) {
      const wanted = String(name).toLowerCase();
      const text = String(value);
      this.#change(wanted, text);
      this.#list.push(wanted, text);
      return this;
    }

    delete(name) {
      const wanted = String(name).toLowerCase();
      this.#change(wanted, '');
      let found = false;
      for (let i = this.#list.length - 2; i >= 0; i -= 2) {
        if (this.#list[i] === wanted) {
          this.#list.splice(i, 2);
          found = true;
        }
      }
      return found;
    }

    *entries() {
      for (let i = 0; i < this.#list.length; i += 2) yield [this.#list[i], this.#list[i + 1]];
    }

    [Symbol.iterator]() {
      return this.entries();
    }
  }

  function linesOf(init) {
    const headers = new Headers('', () => true);
    if (init) {
      const entries = Symbol.iterator in Object(init) ? init : Object.entries(init);
      for (const [name, value] of entries) {
        for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
      }
    }
    return Headers.lines(headers);
  }

  // ---- bodies

  class Body {
    #read;
    #text;
    #bytes;
    #replaced;

    constructor(read) {
      this.#read = read;
    }

    get length() {
      return this.#read ? this.#read('length') : 0;
    }

    text() {
      return (this.#text ??= this.#read ? this.#read('text') : '');
    }

    bytes() {
      return (this.#bytes ??= this.#read ? bytesOf(this.#read('bytes')) : new Uint8Array(0));
    }

    json() {
      return JSON.parse(this.text());
    }

    set(value) {
      if (!this.#read) throw new TypeError('the body can be replaced in its callback only');
      this.#replaced = outgoing(value);
    }

    static replacement(body) {
      return body.#replaced ?? null;
    }
  }

  // ---- the exchange

  class Message {
    #stage = { open: true };
    body = new Body(null);
    trailers = undefined;

    constructor(lines) {
      this.headers = new Headers(lines, () => this.#stage.open);
    }

    static trailers(message, lines) {
      message.trailers = new Headers(lines, () => message.#stage.open);
    }

    static open(message, open) {
      message.#stage.open = open;
    }
  }

  class RequestMessage extends Message {
    get method() { return this.headers.get(':method'); }
    set method(value) { this.headers.set(':method', value); }
    get path() { return this.headers.get(':path'); }
    set path(value) { this.headers.set(':path', value); }
    get authority() { return this.headers.get(':authority'); }
    set authority(value) { this.headers.set(':authority', value); }
    get scheme() { return this.headers.get(':scheme'); }
  }

  class ResponseMessage extends Message {
    get status() { return Number(this.headers.get(':status')); }
    set status(value) { this.headers.set(':status', value); }
  }

  // ---- LLM calls

  class AiCall {
    #edits = [];

    static show(ai, request) {
      Object.assign(ai, { maxOutputTokens: undefined, ...request });
    }

    static edits(ai) {
      if (!ai || ai.#edits.length === 0) return null;
      const edits = JSON.stringify(ai.#edits);
      ai.#edits = [];
      return edits;
    }

    replace(segment, text) {
      this.#edits.push(['replace', segment.index, String(text)]);
    }

    append(role, text) {
      this.#edits.push(['append', String(role), String(text)]);
    }

    setModel(model) {
      this.model = String(model);
      this.#edits.push(['setModel', this.model]);
    }

    replaceEvent(...events) {
      this.#edits.push(['replaceEvent', events]);
    }

    emit(...events) {
      this.#edits.push(['emit', events]);
    }

    refuse({ status = 403, code = 'refused', message = '' } = {}) {
      this.#edits.push(['refuse', status, String(code), String(message)]);
    }

    answer(...events) {
      this.#edits.push(['answer', events]);
    }
  }

  const properties = Object.freeze({
    bytes: (path) => ask('properties.get', String(path)).then((b) => b.length === 0 ? undefined : bytesOf(b[0])),
    text: (path) => properties.bytes(path).then((b) => b && decoder.decode(b)),
    number: (path) => properties.bytes(path).then((b) =>
      b && b.length === 8 ? Number(new DataView(b.buffer).getBigInt64(0, true)) : undefined),
    set: (path, value) => ask('properties.set', String(path), outgoing(value)),
  });

  class StreamContext {
    request = new RequestMessage('');
    response = undefined;
    ai = undefined;
    state = {};
    #answer = null;
    #pass = false;

    constructor(config) {
      this.config = config;
      this.properties = properties;
    }

    respond(answer) {
      const status = Number(answer?.status ?? 200);
      if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
        throw new RangeError(`status: ${answer.status} (expected: 200..599)`);
      }
      let headers = linesOf(answer.headers);
      const body = outgoing(answer.body);
      if (body !== '' && !/(^|\n)content-type\n/.test(headers)) {
        const type = typeof answer.body === 'string' ? 'text/plain; charset=utf-8'
          : typeof body === 'string' ? 'application/json' : 'application/octet-stream';
        headers += `content-type\n${type}\n`;
      }
      this.#answer = [status, String(answer.code ?? 'plugin'), headers, body];
    }

    passBody() {
      this.#pass = true;
    }

    static outcome(ctx) {
      const outcome = [ctx.#pass, ctx.#answer];
      ctx.#pass = false;
      ctx.#answer = null;
      return outcome;
    }
  }

  // ---- services

  function lock(key, fence) {
    return { fence, unlock: () => ask('store.unlock', key, fence) };
  }

  const remaining = (list) => listOf(list).map((each) => ({
    key: each[0], remaining: each[1], resetsAt: new Date(each[2]),
  }));

  function limitsOf(limits) {
    return limits.map(({ key, amount, window }) => {
      if (window?.fixed !== undefined) return [key, amount, 'fixed', window.fixed, window.zone ?? 'UTC'];
      for (const kind of ['sliding', 'tokenBucket', 'concurrency']) {
        if (window?.[kind] !== undefined) return [key, amount, kind, window[kind]];
      }
      throw new TypeError('window: expected {fixed}, {sliding}, {tokenBucket} or {concurrency}');
    });
  }

  function stored(buffer) {
    const bytes = bytesOf(buffer);
    return { bytes: () => bytes, text: () => decoder.decode(bytes), json: () => JSON.parse(decoder.decode(bytes)) };
  }

  function metric(type) {
    return (name) => {
      const id = take(host.defineMetric(type, String(name)));
      return type === 'HISTOGRAM'
        ? { record: (value) => void take(host.setMetric(id, Number(value))) }
        : {
            add: (delta = 1) => void take(host.addMetric(id, Number(delta))),
            ...(type === 'GAUGE' ? { set: (value) => void take(host.setMetric(id, Number(value))) } : {}),
          };
    };
  }

  function pattern(each) {
    if (typeof each === 'string') return ['LITERAL', each, false, false];
    const kind = each.expression === undefined ? 'LITERAL' : 'EXPRESSION';
    return [kind, each.expression ?? each.literal, !!each.ignoreCase, !!each.wholeWord];
  }

  function show(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ?? String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }

  const log = Object.freeze(Object.fromEntries(Object.entries(LEVELS).map(
    ([name, level]) => [name, (...values) => void host.log(level, values.map(show).join(' '))])));

  async function fetch(upstream, request = {}) {
    const pseudo = {
      ':method': request.method ?? (request.body === undefined ? 'GET' : 'POST'),
      ':path': request.path ?? '/',
      ':authority': request.authority ?? String(upstream),
    };
    const [lines, buffer] = listOf(await ask(
      'http.fetch', String(upstream), linesOf(pseudo) + linesOf(request.headers),
      outgoing(request.body), request.timeout ?? null));
    const headers = new Headers(lines, () => false);
    return { status: Number(headers.get(':status')), headers, ...stored(buffer) };
  }

  const sluice = Object.freeze({
    log,
    clock: Object.freeze({ now: () => host.wall(), monotonic: () => host.monotonic() }),
    metrics: Object.freeze({ counter: metric('COUNTER'), gauge: metric('GAUGE'), histogram: metric('HISTOGRAM') }),
    patterns: Object.freeze({
      compile(patterns) {
        const id = take(host.compilePatterns(patterns.map(pattern)));
        return {
          scan(text, limit = 100) {
            const numbers = listOf(take(host.scanPatterns(id, outgoing(text), limit)));
            const matches = [];
            for (let i = 0; i < numbers.length; i += 3) {
              matches.push({ pattern: numbers[i], start: numbers[i + 1], end: numbers[i + 2] });
            }
            return matches;
          },
          matches: (text) => take(host.matchPatterns(id, outgoing(text))),
        };
      },
    }),
    http: Object.freeze({ fetch }),
    store: Object.freeze({
      get: (key) => ask('store.get', key).then((e) => e.length === 0 ? null : { ...stored(e[0]), version: e[1] }),
      set: (key, value, { ttl = null } = {}) => ask('store.set', key, outgoing(value), ttl),
      compareAndSet: (key, value, version, { ttl = null } = {}) =>
        ask('store.compareAndSet', key, outgoing(value), version, ttl),
      delete: (key) => ask('store.delete', key),
      lock: (key, expiry) => ask('store.lock', key, expiry).then((e) => e.length === 0 ? null : lock(key, e[0])),
    }),
    counters: Object.freeze({
      add: (limits, amount = 1) => ask('counters.add', limitsOf(limits), amount).then(remaining),
      reserve: (limits, amount, expiry) => ask('counters.reserve', limitsOf(limits), amount, expiry)
        .then((d) => ({ granted: d[0], reservation: d[1], remaining: remaining(d[2]) })),
      settle: (reservation, amount) => ask('counters.settle', reservation, amount).then(remaining),
      release: (reservation) => ask('counters.release', reservation).then(remaining),
      peek: (limits) => ask('counters.peek', limitsOf(limits)).then(remaining),
    }),
    vectors: Object.freeze({
      upsert: (namespace, { key, vector, value = '', attributes }, { ttl = null } = {}) =>
        ask('vectors.upsert', namespace, key, listOf(vector), outgoing(value), flat(attributes), ttl),
      search: (namespace, { vector, k = 1, minScore = -1, filter }) =>
        ask('vectors.search', namespace, listOf(vector), k, minScore, flat(filter)).then((hits) =>
          listOf(hits).map((hit) => {
            const flatAttributes = listOf(hit[3]);
            const attributes = {};
            for (let i = 0; i < flatAttributes.length; i += 2) attributes[flatAttributes[i]] = flatAttributes[i + 1];
            return { key: hit[0], score: hit[1], ...stored(hit[2]), attributes };
          })),
      delete: (namespace, key) => ask('vectors.delete', namespace, key),
      deleteWhere: (namespace, filter) => ask('vectors.deleteWhere', namespace, flat(filter)),
    }),
    embed: (texts) => ask('embed.embed', [...texts]).then((vectors) => listOf(vectors).map((v) => Float32Array.from(listOf(v)))),
    tokens: Object.freeze({ count: (model, text) => ask('tokens.count', model, text) }),
  });

  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false, enumerable: false });
  define('sluice', sluice);
  define('SluiceError', SluiceError);
  define('definePlugin', (plugin) => plugin);
  define('console', Object.freeze({ ...log, log: log.info }));

  Graal.setUnhandledPromiseRejectionHandler((reason) => { host.unhandled(reason); });
  delete globalThis.Graal;

  // After the plugin has loaded nothing can be added to what all objects inherit, so that a body
  // with a "__proto__" cannot speak for the requests after it. Names that exist may still be given
  // to objects of their own by assignment.
  function harden() {
    for (const key of Reflect.ownKeys(Object.prototype)) {
      const property = Object.getOwnPropertyDescriptor(Object.prototype, key);
      if ('value' in property && property.configurable) {
        const { value } = property;
        Object.defineProperty(Object.prototype, key, {
          configurable: false,
          enumerable: false,
          get: () => value,
          set(other) {
            if (this === Object.prototype) throw new TypeError(`Object.prototype.${String(key)} is read-only`);
            Object.defineProperty(this, key, { value: other, writable: true, enumerable: true, configurable: true });
          },
        });
      }
    }
    for (const each of [Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp,
      Promise, Map, Set, WeakMap, WeakSet, Error, TypeError, RangeError, ArrayBuffer, Uint8Array, DataView]) {
      Object.preventExtensions(each.prototype);
    }
  }

  let plugin;
  let present;
  const roots = new Map();
  const streams = new Map();

  function stream(root, id) {
    let ctx = streams.get(id);
    if (!ctx) {
      ctx = new StreamContext(roots.get(root).config);
      if (id !== 0) streams.set(id, ctx);
    }
    return ctx;
  }

  // Runs a callback and reports what it wants, now or when its promise is settled.
  function run(id, handler, args, message, ctx, fields) {
    const done = (result) => {
      let body = message ? Body.replacement(message.body) : null;
      if (body === null && fields === 'chunk') {
        body = result === undefined ? outgoing(message.body.bytes()) : outgoing(result);
      }
      if (fields === 'ai') body = AiCall.edits(ctx.ai);
      const edits = message ? Headers.edits(fields === 'trailers' ? message.trailers : message.headers) : null;
      if (message) Message.open(message, false);
      const [pass, answer] = StreamContext.outcome(ctx);
      take(host.finished(id, edits, body, pass, answer));
    };
    const result = handler.apply(plugin, args);
    if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
      result.then(done).catch((error) => { host.failed(id, error); });
    } else {
      done(result);
    }
  }

  return {
    load(exports) {
      const value = exports.default;
      if (value === null || typeof value !== 'object') {
        return 'the module has no plugin (expected: export default definePlugin({ … }))';
      }
      plugin = value;
      present = CALLBACKS.filter((name) => typeof plugin[name] === 'function');
      const odd = Object.keys(plugin).filter((name) => /^on[A-Z]/.test(name) && name !== 'onConfigure' && !CALLBACKS.includes(name));
      if (odd.length) return `${odd.join(', ')}: no such callback (expected: onConfigure, ${CALLBACKS.join(', ')})`;
      if (plugin.onRequestBody && plugin.onRequestChunk) return 'onRequestBody and onRequestChunk exclude each other';
      if (plugin.onResponseBody && plugin.onResponseChunk) return 'onResponseBody and onResponseChunk exclude each other';
      harden();
      return present;
    },

    configure(root, name, rootId, text) {
      const config = text === '' ? {} : JSON.parse(text);
      roots.set(root, { config });
      if (typeof plugin.onConfigure === 'function') {
        const result = plugin.onConfigure(config, { plugin: name, rootId });
        if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
          return 'onConfigure returned a promise (expected: it configures at once; host calls begin later)';
        }
      }
      return Number(plugin.tickPeriod ?? (plugin.onTick ? 1000 : 0));
    },

    invoke(id, root, streamId, callback, requestLines, responseLines, trailers, end, read) {
      const ctx = stream(root, streamId);
      if (requestLines !== null) ctx.request = new RequestMessage(requestLines);
      if (responseLines !== null) ctx.response = new ResponseMessage(responseLines);
      const message = callback.startsWith('onRequest') ? ctx.request
        : callback.startsWith('onResponse') ? ctx.response : null;
      ctx.endOfStream = end;
      if (callback.startsWith('onAi')) {
        const shown = JSON.parse(read('text'));
        ctx.ai ??= new AiCall();
        if (callback === 'onAiRequest') AiCall.show(ctx.ai, shown);
        run(id, plugin[callback], callback === 'onAiRequest' ? [ctx] : [ctx, shown], null, ctx, 'ai');
        return;
      }
      if (message) Message.open(message, true);
      if (trailers !== null) Message.trailers(message, trailers);
      if (read !== null) message.body = new Body(read);
      const chunk = callback.endsWith('Chunk');
      const fields = chunk ? 'chunk' : callback.endsWith('Trailers') ? 'trailers' : 'headers';
      const args = chunk ? [ctx, message.body.bytes()] : [ctx];
      run(id, plugin[callback], args, message, ctx, fields);
    },

    settle(id, succeeded, value, message) {
      const call = calls.get(id);
      calls.delete(id);
      if (!call) return;
      if (succeeded) call.resolve(value);
      else call.reject(new SluiceError(value, message));
    },

    forget(id) {
      streams.delete(id);
    },
  };
})
