import sluice
from sluice import Context, Limit

words = sluice.patterns.compile(["a", {"expression": "[0-9]+", "whole_word": True}])
calls = sluice.metrics.counter("calls")
limit: Limit = {"key": "{team}", "amount": 100, "window": {"fixed": "minute"}}


class Guard(sluice.Plugin):
    tick_period = 0.5

    def on_configure(self, config):
        self.name: str = config["name"]

    def on_request_headers(self, ctx):
        ctx.state.started = sluice.clock.monotonic()
        ctx.request.headers["x-hello"] = self.name
        ctx.request.headers.append("x-n", 1)
        if ctx.request.path.startswith("/stop"):
            ctx.respond(status=403, body={"error": "no"})
        else:
            ctx.pass_body()

    async def on_request_body(self, ctx):
        body = ctx.request.body.json()
        for pattern, start, end in words.scan(ctx.request.body.text()):
            sluice.log.info(pattern + 1, end - start)
        decision = await sluice.counters.reserve([limit], 10, expiry=60)
        if not decision.granted:
            ctx.respond(status=429, headers={"retry-after": 1})
        await sluice.counters.settle(decision.reservation, await sluice.tokens.count("gpt-4o", "text"))
        vector = (await sluice.embed(["text"]))[0]
        for hit in await sluice.vectors.search("answers", vector, k=1, min_score=0.9):
            ctx.respond(body=hit.bytes())
        answer = await sluice.http.fetch("policy", path="/check", body=body, timeout=0.2)
        if answer.status != 200:
            raise ValueError(answer.text())
        lock = await sluice.store.lock("k", expiry=1)
        if lock:
            await lock.unlock()
        entry = await sluice.store.get("k")
        await sluice.store.compare_and_set("k", "v", entry.version if entry else "0", ttl=1)
        ctx.request.body.set(body)

    def on_response_chunk(self, ctx, chunk):
        calls.add()
        return chunk.upper()

    async def on_log(self, ctx):
        sluice.log.info(ctx.response.status, await ctx.properties.number("request.size"))


def on_response_headers(ctx: Context) -> None:
    ctx.response.headers["x-status"] = ctx.response.status


plugin = Guard()
other = sluice.define_plugin(on_response_headers=on_response_headers, on_request_headers=lambda ctx: ctx.pass_body())
