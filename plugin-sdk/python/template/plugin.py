import sluice


class Plugin(sluice.Plugin):
    def on_configure(self, config):
        self.header = config.get("header", "x-{{name}}")
        self.value = config.get("value", "hello")

    def on_response_headers(self, ctx):
        ctx.response.headers[self.header] = self.value


plugin = Plugin()
