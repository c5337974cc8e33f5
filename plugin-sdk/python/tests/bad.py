import sluice


class Guard(sluice.Plugin):
    def on_request_headers(self, ctx):
        ctx.respond(state=403)  # refused
        ctx.request.header.get("a")  # refused
        ctx.request.method = "GET"  # refused
        ctx.request.headers["a"].nothing()  # refused

    async def on_request_body(self, ctx):
        await sluice.http.fetch(1)  # refused
        await sluice.counters.peek([{"key": "k", "amount": 1, "window": {"fixed": "decade"}}])  # refused
        sluice.metrics.counter("a").set(1)  # refused
        sluice.fs.read()  # refused
        found = await sluice.store.get("k")
        found.text()  # refused

    def on_response_chunk(self, ctx, chunk):
        return chunk.encode()  # refused


plugin = sluice.define_plugin(on_request_header=print)  # refused
