import sluice

DEFAULTS = ["AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"]
refused = sluice.metrics.counter("refused")


def texts(chat):
    """Returns the texts of a chat request: contents, and the text parts of contents that are lists."""
    found = []
    for message in chat["messages"]:
        content = message.get("content")
        if isinstance(content, str):
            found.append(content)
        else:
            found += [part["text"] for part in content or () if isinstance(part.get("text"), str)]
    return found


class Credentials(sluice.Plugin):
    def on_configure(self, config):
        patterns = config.get("patterns", DEFAULTS)
        config["set"] = sluice.patterns.compile([{"expression": pattern} for pattern in patterns])

    def on_request_body(self, ctx):
        try:
            found = texts(ctx.request.body.json())
        except (ValueError, TypeError, KeyError, AttributeError):
            return ctx.respond(400, {"error": "the body is not a chat request"}, code="not_chat")
        if ctx.config["set"].matches("\n".join(found)):
            refused.add()
            return ctx.respond(403, {"error": "the prompt carries a credential"}, code="credential")
        ctx.request.headers[ctx.config.get("header", "x-checked")] = len(found)


plugin = Credentials()
