# Makes the world of a Python plugin: the module `sluice` and the context objects of exchanges. Evaluates to a
# function that takes the host's functions and returns what the host calls. The types are in plugin-sdk/python.
# Bytes come as strings whose characters are bytes.
def _prelude(host):
    import json
    import sys
    import types

    callbacks = {
        "on_request_headers": "onRequestHeaders", "on_request_body": "onRequestBody",
        "on_request_chunk": "onRequestChunk", "on_request_trailers": "onRequestTrailers",
        "on_response_headers": "onResponseHeaders", "on_response_body": "onResponseBody",
        "on_response_chunk": "onResponseChunk", "on_response_trailers": "onResponseTrailers",
        "on_ai_request": "onAiRequest", "on_ai_event": "onAiEvent", "on_ai_end": "onAiEnd",
        "on_log": "onLog", "on_tick": "onTick", "on_done": "onDone",
    }
    symbols = {symbol: name for name, symbol in callbacks.items()}

    class SluiceError(Exception):
        """What a host call fails with."""

        def __init__(self, reason, message):
            super().__init__(message)
            self.reason = reason

    def take(answer):
        if answer[0]:
            return answer[1]
        raise SluiceError(str(answer[1]), str(answer[2]))

    def data(text):
        return text.encode("latin-1")

    def outgoing(value):
        if value is None:
            return ""
        if isinstance(value, (str, bytes)):
            return value
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def millis(seconds):
        return None if seconds is None else float(seconds) * 1000

    # ---- awaiting: a host call is an awaitable that yields itself to whoever drives the coroutine

    class Call:
        __slots__ = ("id", "convert", "answer")

        def __init__(self, operation, arguments, convert=lambda value: value):
            self.id = take(host.call(operation, arguments))
            self.convert = convert
            self.answer = None
            under_way[self.id] = self

        def __await__(self):
            value = yield self
            return self.convert(value)

    under_way = {}
    waiting = {}

    def describe(error):
        lines = ["%s: %s" % (type(error).__name__, error)]
        frames = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if not code.co_filename.startswith("sluice:") and code.co_name != "_prelude":
                frames.append("  at %s (%s:%d)" % (code.co_name, code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        return "\n".join(lines + frames[::-1][:12])

    def drive(coroutine, value, error, done, failed):
        while True:
            try:
                call = coroutine.throw(error) if error is not None else coroutine.send(value)
            except StopIteration as end:
                return done(end.value)
            except Exception as problem:
                return failed(describe(problem))
            if not isinstance(call, Call):
                return failed("awaits %r (expected: a coroutine or a call of sluice)" % (call,))
            if call.answer is None:
                waiting[call.id] = (coroutine, done, failed)
                return None
            value, error = call.answer

    # ---- headers and bodies

    class Headers:
        def __init__(self, lines, is_open):
            self._list = lines.split("\n")[:-1] if lines else []
            self._changed = False
            self._open = is_open

        def _change(self, name, value):
            if not self._open():
                raise TypeError("these headers have gone on and cannot be changed")
            if not name or any(c <= " " or c >= "\x7f" for c in name):
                raise ValueError("header name: %r" % name)
            if any(c in "\0\r\n" for c in value):
                raise ValueError("value of header %s has a line break" % name)
            self._changed = True

        def get(self, name, default=None):
            name = name.lower()
            for i in range(0, len(self._list), 2):
                if self._list[i] == name:
                    return self._list[i + 1]
            return default

        def get_all(self, name):
            name = name.lower()
            return [self._list[i + 1] for i in range(0, len(self._list), 2) if self._list[i] == name]

        def __contains__(self, name):
            return self.get(name) is not None

        def __getitem__(self, name):
            value = self.get(name)
            if value is None:
                raise KeyError(name)
            return value

        def __setitem__(self, name, value):
            name, value = name.lower(), str(value)
            self._change(name, value)
            at = next((i for i in range(0, len(self._list), 2) if self._list[i] == name), None)
            if at is None:
                self._list += [name, value]
                return
            kept = self._list[:at] + [name, value]
            for i in range(at + 2, len(self._list), 2):
                if self._list[i] != name:
                    kept += self._list[i:i + 2]
            self._list = kept

        def append(self, name, value):
            name, value = name.lower(), str(value)
            self._change(name, value)
            self._list += [name, value]

        def __delitem__(self, name):
            name = name.lower()
            self._change(name, "")
            self._list = [field for i in range(0, len(self._list), 2) if self._list[i] != name
                          for field in self._list[i:i + 2]]

        def __iter__(self):
            return iter([(self._list[i], self._list[i + 1]) for i in range(0, len(self._list), 2)])

        def __len__(self):
            return len(self._list) // 2

        def _lines(self):
            return "".join(field + "\n" for field in self._list)

        def _edits(self):
            if not self._changed:
                return None
            self._changed = False
            return self._lines()

    def lines_of(fields):
        headers = Headers("", lambda: True)
        for name, value in (fields.items() if hasattr(fields, "items") else fields or ()):
            headers.append(name, value)
        return headers._lines()

    class Body:
        def __init__(self, read):
            self._read = read
            self._replaced = None

        def __len__(self):
            return self._read("length") if self._read else 0

        def text(self):
            return self._read("text") if self._read else ""

        def bytes(self):
            return data(self._read("bytes")) if self._read else b""

        def json(self):
            return json.loads(self.text())

        def set(self, value):
            if not self._read:
                raise TypeError("the body can be replaced in its callback only")
            self._replaced = outgoing(value)

    class Message:
        def __init__(self, lines):
            self._is_open = True
            self.headers = Headers(lines, lambda: self._is_open)
            self.trailers = None
            self.body = Body(None)

        method = property(lambda self: self.headers.get(":method"))
        path = property(lambda self: self.headers.get(":path"),
                        lambda self, value: self.headers.__setitem__(":path", value))
        authority = property(lambda self: self.headers.get(":authority"),
                             lambda self, value: self.headers.__setitem__(":authority", value))
        status = property(lambda self: int(self.headers.get(":status", "0")),
                          lambda self, value: self.headers.__setitem__(":status", value))

    class Properties:
        def bytes(self, path):
            return Call("properties.get", [path], lambda found: data(found[0]) if len(found) else None)

        async def text(self, path):
            found = await self.bytes(path)
            return None if found is None else found.decode()

        async def number(self, path):
            found = await self.bytes(path)
            return None if found is None or len(found) != 8 else int.from_bytes(found, "little", signed=True)

        def set(self, path, value):
            return Call("properties.set", [path, outgoing(value)])

    class AiCall:
        """Is an LLM call: what the host has read of it, and what is to be changed."""

        def __init__(self):
            self._edits = []

        def _show(self, shown):
            self.protocol, self.model, self.stream = shown["protocol"], shown["model"], shown["stream"]
            self.consumer = shown.get("consumer")
            self.estimated_prompt_tokens = shown["estimatedPromptTokens"]
            self.max_output_tokens = shown.get("maxOutputTokens")
            self.segments = [types.SimpleNamespace(**each) for each in shown["segments"]]
            self.tools, self.parameters = shown["tools"], shown["parameters"]

        def _take(self):
            edits, self._edits = self._edits, []
            return outgoing(json.dumps(edits)) if edits else None

        def replace(self, segment, text):
            self._edits.append(["replace", segment.index, str(text)])

        def append(self, role, text):
            self._edits.append(["append", str(role), str(text)])

        def set_model(self, model):
            self.model = str(model)
            self._edits.append(["setModel", self.model])

        def replace_event(self, *events):
            self._edits.append(["replaceEvent", list(events)])

        def emit(self, *events):
            self._edits.append(["emit", list(events)])

        def refuse(self, status=403, code="refused", message=""):
            self._edits.append(["refuse", int(status), str(code), str(message)])

        def answer(self, *events):
            self._edits.append(["answer", list(events)])

    class StreamContext:
        def __init__(self, config):
            self.config = config
            self.request = Message("")
            self.response = None
            self.ai = None
            self.state = types.SimpleNamespace()
            self.end_of_stream = False
            self.properties = Properties()
            self._answer = None
            self._pass = False

        def respond(self, status=200, body=None, headers=None, code="plugin"):
            status = int(status)
            if not 200 <= status <= 599:
                raise ValueError("status: %d (expected: 200..599)" % status)
            lines = lines_of(headers)
            sent = outgoing(body)
            if sent and "content-type\n" not in lines:
                kind = "text/plain; charset=utf-8" if isinstance(body, str) else (
                    "application/json" if isinstance(sent, str) else "application/octet-stream")
                lines += "content-type\n%s\n" % kind
            self._answer = [status, str(code), lines, sent]

        def pass_body(self):
            self._pass = True

    # ---- the module `sluice`

    class Stored:
        def __init__(self, text, version=None):
            self._data = data(text)
            self.version = version

        def bytes(self):
            return self._data

        def text(self):
            return self._data.decode()

        def json(self):
            return json.loads(self._data)

    class Response(Stored):
        def __init__(self, answer):
            super().__init__(answer[1])
            self.headers = Headers(answer[0], lambda: False)
            self.status = int(self.headers.get(":status"))

    class PatternSet:
        def __init__(self, number):
            self._number = number

        def scan(self, text, limit=100):
            numbers = list(take(host.scanPatterns(self._number, outgoing(text), limit)))
            return [tuple(numbers[i:i + 3]) for i in range(0, len(numbers), 3)]

        def matches(self, text):
            return bool(take(host.matchPatterns(self._number, outgoing(text))))

    def compile_patterns(patterns):
        def fields(each):
            if isinstance(each, str):
                return ["LITERAL", each, False, False]
            kind = "EXPRESSION" if "expression" in each else "LITERAL"
            return [kind, each.get("expression", each.get("literal")),
                    bool(each.get("ignore_case")), bool(each.get("whole_word"))]
        return PatternSet(take(host.compilePatterns([fields(each) for each in patterns])))

    class Metric:
        def __init__(self, kind, name):
            self._id = take(host.defineMetric(kind, name))

        def add(self, delta=1):
            take(host.addMetric(self._id, delta))

        def set(self, value):
            take(host.setMetric(self._id, value))

        record = set

    def fetch(upstream, path="/", method=None, headers=None, body=None, authority=None, timeout=None):
        pseudo = [(":method", method or ("GET" if body is None else "POST")), (":path", path),
                  (":authority", authority or upstream)]
        return Call("http.fetch", [upstream, lines_of(pseudo) + lines_of(headers), outgoing(body), millis(timeout)],
                    Response)

    def limits_of(limits):
        result = []
        for limit in limits:
            window = limit["window"]
            if "fixed" in window:
                result.append([limit["key"], limit["amount"], "fixed", window["fixed"], window.get("zone", "UTC")])
                continue
            for ours, theirs in (("sliding", "sliding"), ("token_bucket", "tokenBucket"), ("concurrency", "concurrency")):
                if ours in window:
                    value = window[ours] if ours == "token_bucket" else millis(window[ours])
                    result.append([limit["key"], limit["amount"], theirs, value])
        return result

    def remaining(found):
        return [{"key": each[0], "remaining": each[1], "resets_at": each[2] / 1000} for each in found]

    def flat(fields):
        return [str(field) for pair in (fields or {}).items() for field in pair]

    def hits(found):
        result = []
        for hit in found:
            fields = list(hit[3])
            stored = Stored(hit[2])
            stored.key, stored.score = hit[0], hit[1]
            stored.attributes = dict(zip(fields[::2], fields[1::2]))
            result.append(stored)
        return result

    class Lock:
        def __init__(self, key, fence):
            self.key, self.fence = key, fence

        def unlock(self):
            return Call("store.unlock", [self.key, self.fence])

    def namespace(**members):
        return types.SimpleNamespace(**members)

    def show(values):
        return " ".join(str(value) for value in values)

    sluice = types.ModuleType("sluice")
    sluice.SluiceError = SluiceError
    sluice.log = namespace(**{
        name: (lambda level: lambda *values: host.log(level, show(values)) and None)(level)
        for name, level in (("trace", 0), ("debug", 1), ("info", 2), ("warn", 3), ("error", 4))})
    sluice.clock = namespace(now=lambda: host.wall() / 1000, monotonic=lambda: host.monotonic() / 1000)
    sluice.metrics = namespace(
        counter=lambda name: Metric("COUNTER", name), gauge=lambda name: Metric("GAUGE", name),
        histogram=lambda name: Metric("HISTOGRAM", name))
    sluice.patterns = namespace(compile=compile_patterns)
    sluice.http = namespace(fetch=fetch)
    sluice.store = namespace(
        get=lambda key: Call("store.get", [key], lambda e: Stored(e[0], e[1]) if len(e) else None),
        set=lambda key, value, ttl=None: Call("store.set", [key, outgoing(value), millis(ttl)]),
        compare_and_set=lambda key, value, version, ttl=None: Call(
            "store.compareAndSet", [key, outgoing(value), version, millis(ttl)]),
        delete=lambda key: Call("store.delete", [key]),
        lock=lambda key, expiry: Call("store.lock", [key, millis(expiry)], lambda e: Lock(key, e[0]) if len(e) else None))
    sluice.counters = namespace(
        add=lambda limits, amount=1: Call("counters.add", [limits_of(limits), amount], remaining),
        reserve=lambda limits, amount, expiry: Call(
            "counters.reserve", [limits_of(limits), amount, millis(expiry)],
            lambda d: namespace(granted=d[0], reservation=d[1], remaining=remaining(d[2]))),
        settle=lambda reservation, amount: Call("counters.settle", [reservation, amount], remaining),
        release=lambda reservation: Call("counters.release", [reservation], remaining),
        peek=lambda limits: Call("counters.peek", [limits_of(limits)], remaining))
    sluice.vectors = namespace(
        upsert=lambda space, key, vector, value="", attributes=None, ttl=None: Call(
            "vectors.upsert", [space, key, list(vector), outgoing(value), flat(attributes), millis(ttl)]),
        search=lambda space, vector, k=1, min_score=-1.0, filter=None: Call(
            "vectors.search", [space, list(vector), k, min_score, flat(filter)], hits),
        delete=lambda space, key: Call("vectors.delete", [space, key]),
        delete_where=lambda space, filter: Call("vectors.deleteWhere", [space, flat(filter)]))
    sluice.embed = lambda texts: Call("embed.embed", [list(texts)], lambda found: [list(each) for each in found])
    sluice.tokens = namespace(count=lambda model, text: Call("tokens.count", [model, text]))

    class Plugin:
        """Is what plugins extend; a callback that is not overridden is not called."""
        tick_period = 1.0

    def define_plugin(**members):
        plugin = Plugin()
        for name, member in members.items():
            if name not in callbacks and name not in ("on_configure", "tick_period"):
                raise TypeError("%s: no such callback (expected: on_configure, %s)" % (name, ", ".join(callbacks)))
            setattr(plugin, name, member)
        return plugin

    sluice.Plugin = Plugin
    sluice.define_plugin = define_plugin
    sys.modules["sluice"] = sluice

    roots, streams = {}, {}

    class Prelude:
        def load(self, plugin):
            if plugin is None:
                return "the file has no plugin (expected: plugin = MyPlugin())"
            self.plugin = plugin
            odd = [name for name in dir(plugin)
                   if name.startswith("on_") and name not in callbacks and name != "on_configure"]
            if odd:
                return "%s: no such callback (expected: on_configure, %s)" % (", ".join(odd), ", ".join(callbacks))
            for way in ("request", "response"):
                if hasattr(plugin, "on_%s_body" % way) and hasattr(plugin, "on_%s_chunk" % way):
                    return "on_%s_body and on_%s_chunk exclude each other" % (way, way)
            return [symbol for name, symbol in callbacks.items() if hasattr(plugin, name)]

        def configure(self, root, name, root_id, text):
            config = json.loads(text) if text else {}
            roots[root] = config
            if hasattr(self.plugin, "on_configure"):
                try:
                    self.plugin.on_configure(config)
                except Exception as problem:
                    return describe(problem)
            return int(millis(self.plugin.tick_period)) if hasattr(self.plugin, "on_tick") else 0

        def invoke(self, number, root, stream, symbol, request, response, trailers, end, read):
            ctx = streams.get(stream)
            if ctx is None:
                ctx = StreamContext(roots[root])
                if stream:
                    streams[stream] = ctx
            if request is not None:
                ctx.request = Message(request)
            if response is not None:
                ctx.response = Message(response)
            ctx.end_of_stream = end
            message = ctx.request if symbol.startswith("onRequest") else (
                ctx.response if symbol.startswith("onResponse") else None)
            if message:
                message._is_open = True
                if trailers is not None:
                    message.trailers = Headers(trailers, lambda: message._is_open)
                if read is not None:
                    message.body = Body(read)
            chunk = symbol.endswith("Chunk")
            talks = symbol.startswith("onAi")
            args = (ctx,)
            if talks:
                shown = json.loads(Body(read).text())
                ctx.ai = ctx.ai or AiCall()
                if symbol == "onAiRequest":
                    ctx.ai._show(shown)
                else:
                    args = (ctx, shown)
            elif chunk:
                args = (ctx, message.body.bytes())

            def done(result):
                body = message.body._replaced if message else (ctx.ai._take() if talks else None)
                if chunk:
                    body = message.body.bytes() if result is None else outgoing(result)
                edits = None
                if message:
                    edits = (message.trailers if symbol.endswith("Trailers") else message.headers)._edits()
                    message._is_open = False
                passed, answer = ctx._pass, ctx._answer
                ctx._pass, ctx._answer = False, None
                try:
                    take(host.finished(number, edits, body, passed, answer))
                except SluiceError as problem:
                    host.failed(number, str(problem))

            def failed(text):
                host.failed(number, text)

            try:
                handler = getattr(self.plugin, symbols[symbol])
                result = handler(*args)
            except Exception as problem:
                return failed(describe(problem))
            if hasattr(result, "send"):
                drive(result, None, None, done, failed)
            else:
                done(result)

        def settle(self, number, succeeded, value, message):
            answer = (value, None) if succeeded else (None, SluiceError(str(value), str(message)))
            call = under_way.pop(number, None)
            if call:
                call.answer = answer
            entry = waiting.pop(number, None)
            if entry:
                coroutine, done, failed = entry
                drive(coroutine, *answer, done, failed)

        def forget(self, stream):
            streams.pop(stream, None)

    return Prelude()


_prelude
