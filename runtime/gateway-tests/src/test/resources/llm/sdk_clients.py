"""Drives an LLM endpoint with the official SDK of a format and prints what it saw, a JSON line for each scenario.

usage: sdk_clients.py openai|responses|anthropic|gemini URL KEY http1|http2 MODEL...
"""

import json
import sys

SYSTEM = "Be brief."
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "where"}, "days": {"type": "integer"}},
    "required": ["city"],
}
CLOCK = {"type": "object", "properties": {"zone": {"type": "string", "enum": ["CET", "UTC"]}}}
TOOLS = [("weather", "Tells the weather", WEATHER), ("clock", "Tells the time", CLOCK)]
OUTPUTS = {"weather": "rain in Zürich", "clock": "noon"}
TOOL_PROMPT = "Ask weather and clock."

kind, url, key, version = sys.argv[1:5]
http2 = version == "http2"
if kind == "anthropic":
    # This SDK brings its own edition of httpx.
    import httpx2 as httpx
else:
    import httpx
# Over cleartext only prior knowledge leads to HTTP/2.
http = httpx.Client(http1=not http2, http2=http2, timeout=60)


def wish(words):
    return f"{SYSTEM} [[standin {words}]]" if words else SYSTEM


class Seen:
    """What a client saw of one answer."""

    def __init__(self):
        self.text = ""
        self.thinking = ""
        self.calls = []
        self.finish = None
        self.usage = {}
        self.parts = 0
        self.handle = None

    def json(self):
        return {
            "text": self.text,
            "thinking": self.thinking,
            "calls": [[name, arguments] for _, name, arguments in self.calls],
            "finish": self.finish,
            "parts": self.parts,
            **self.usage,
        }


class OpenAiChat:
    def __init__(self):
        from openai import OpenAI

        self.client = OpenAI(api_key=key, base_url=url + "/v1", max_retries=0, http_client=http)

    def ask(self, model, words, messages, tools, stream, limit, think):
        body = {"model": model, "messages": [{"role": "system", "content": wish(words)}] + messages}
        if limit:
            body["max_completion_tokens"] = limit
        if think:
            body["reasoning_effort"] = "low"
        if tools:
            body["tools"] = [
                {"type": "function", "function": {"name": n, "description": d, "parameters": p}} for n, d, p in TOOLS
            ]
        seen = Seen()
        if not stream:
            answer = self.client.chat.completions.create(**body)
            choice = answer.choices[0]
            seen.text = choice.message.content or ""
            seen.thinking = getattr(choice.message, "reasoning_content", None) or ""
            seen.calls = [
                (c.id, c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls or []
            ]
            seen.finish = choice.finish_reason
            usage = answer.usage
        else:
            usage = None
            calls = {}
            body["stream_options"] = {"include_usage": True}
            for chunk in self.client.chat.completions.create(stream=True, **body):
                seen.parts += 1
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    seen.text += choice.delta.content or ""
                    seen.thinking += getattr(choice.delta, "reasoning_content", None) or ""
                    seen.finish = choice.finish_reason or seen.finish
                    for part in choice.delta.tool_calls or []:
                        call = calls.setdefault(part.index, [part.id, part.function.name, ""])
                        call[2] += part.function.arguments or ""
            seen.calls = [(i, n, json.loads(a)) for i, n, a in calls.values()]
        seen.usage = {
            "input": usage.prompt_tokens,
            "cached": usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0,
            "output": usage.completion_tokens,
            "reasoning": usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else 0,
        }
        return seen

    def user(self, text):
        return [{"role": "user", "content": text}]

    def history(self, prompt, seen):
        calls = [
            {"id": i, "type": "function", "function": {"name": n, "arguments": json.dumps(a)}} for i, n, a in seen.calls
        ]
        answers = [{"role": "tool", "tool_call_id": i, "content": OUTPUTS[n]} for i, n, _ in seen.calls]
        return self.user(prompt) + [{"role": "assistant", "content": None, "tool_calls": calls}] + answers


class OpenAiResponses:
    def __init__(self):
        from openai import OpenAI

        self.client = OpenAI(api_key=key, base_url=url + "/v1", max_retries=0, http_client=http)

    def ask(self, model, words, messages, tools, stream, limit, think):
        body = {"model": model, "instructions": wish(words), "input": messages, "store": False}
        if limit:
            body["max_output_tokens"] = max(16, limit)
        if think:
            body["reasoning"] = {"effort": "low", "summary": "auto"}
        if tools:
            body["tools"] = [
                {"type": "function", "name": n, "description": d, "parameters": p, "strict": False} for n, d, p in TOOLS
            ]
        seen = Seen()
        if not stream:
            answer = self.client.responses.create(**body)
        else:
            text = ""
            with self.client.responses.stream(**body) as events:
                for event in events:
                    seen.parts += 1
                    if event.type == "response.output_text.delta":
                        text += event.delta
                    if event.type in ("response.completed", "response.incomplete"):
                        answer = event.response
                    if event.type == "response.failed":
                        raise RuntimeError(event.response.error.message)
                    if event.type == "error":
                        raise RuntimeError(event.message)
            if text != answer.output_text:
                raise AssertionError(f"the deltas say {text!r}, the response {answer.output_text!r}")
        seen.text = answer.output_text
        for item in answer.output:
            if item.type == "function_call":
                seen.calls.append((item.call_id, item.name, json.loads(item.arguments)))
            if item.type == "reasoning":
                seen.thinking += "".join(part.text for part in item.summary)
        seen.finish = answer.incomplete_details.reason if answer.incomplete_details else answer.status
        seen.usage = {
            "input": answer.usage.input_tokens,
            "cached": answer.usage.input_tokens_details.cached_tokens,
            "output": answer.usage.output_tokens,
            "reasoning": answer.usage.output_tokens_details.reasoning_tokens,
        }
        return seen

    def user(self, text):
        return [{"role": "user", "content": text}]

    def history(self, prompt, seen):
        calls = [
            {"type": "function_call", "call_id": i, "name": n, "arguments": json.dumps(a)} for i, n, a in seen.calls
        ]
        answers = [{"type": "function_call_output", "call_id": i, "output": OUTPUTS[n]} for i, n, _ in seen.calls]
        return self.user(prompt) + calls + answers


class AnthropicMessages:
    def __init__(self):
        from anthropic import Anthropic

        self.client = Anthropic(api_key=key, base_url=url, max_retries=0, http_client=http)

    def ask(self, model, words, messages, tools, stream, limit, think):
        body = {"model": model, "system": wish(words), "messages": messages, "max_tokens": limit or 4000}
        if think:
            body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        if tools:
            body["tools"] = [{"name": n, "description": d, "input_schema": p} for n, d, p in TOOLS]
        seen = Seen()
        if not stream:
            answer = self.client.messages.create(**body)
        else:
            with self.client.messages.stream(**body) as events:
                for event in events:
                    seen.parts += 1
                    if event.type == "message_start" and not event.message.usage.input_tokens:
                        raise AssertionError("message_start has no usage")
                answer = events.get_final_message()
        for block in answer.content:
            if block.type == "text":
                seen.text += block.text
            elif block.type == "thinking":
                seen.thinking += block.thinking
            elif block.type == "tool_use":
                seen.calls.append((block.id, block.name, block.input))
        seen.handle = answer.content
        seen.finish = answer.stop_reason
        usage = answer.usage
        cached = usage.cache_read_input_tokens or 0
        seen.usage = {
            "input": usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0),
            "cached": cached,
            "output": usage.output_tokens,
        }
        return seen

    def user(self, text):
        return [{"role": "user", "content": text}]

    def history(self, prompt, seen):
        answers = [{"type": "tool_result", "tool_use_id": i, "content": OUTPUTS[n]} for i, n, _ in seen.calls]
        return self.user(prompt) + [
            {"role": "assistant", "content": seen.handle},
            {"role": "user", "content": answers},
        ]


class Gemini:
    def __init__(self):
        from google import genai
        from google.genai import types

        self.types = types
        self.client = genai.Client(
            api_key=key, http_options=types.HttpOptions(base_url=url, httpx_client=http, timeout=60_000)
        )

    def ask(self, model, words, messages, tools, stream, limit, think):
        types = self.types
        config = {"system_instruction": wish(words)}
        if limit:
            config["max_output_tokens"] = limit
        if think:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
        if tools:
            declared = [
                types.FunctionDeclaration(name=n, description=d, parameters_json_schema=p) for n, d, p in TOOLS
            ]
            config["tools"] = [types.Tool(function_declarations=declared)]
        seen = Seen()
        arguments = {"model": model, "contents": messages, "config": types.GenerateContentConfig(**config)}
        if stream:
            answers = self.client.models.generate_content_stream(**arguments)
        else:
            answers = [self.client.models.generate_content(**arguments)]
        usage = None
        seen.handle = []
        for answer in answers:
            seen.parts += 1 if stream else 0
            usage = answer.usage_metadata or usage
            if answer.model_extra and "error" in answer.model_extra:
                raise RuntimeError(str(answer.model_extra["error"]))
            for candidate in answer.candidates or []:
                seen.finish = candidate.finish_reason.value if candidate.finish_reason else seen.finish
                for part in (candidate.content and candidate.content.parts) or []:
                    seen.handle.append(part)
                    if part.function_call:
                        call = part.function_call
                        seen.calls.append((call.id, call.name, call.args or {}))
                    elif part.thought:
                        seen.thinking += part.text or ""
                    else:
                        seen.text += part.text or ""
        seen.usage = {
            "input": usage.prompt_token_count,
            "cached": usage.cached_content_token_count or 0,
            "output": (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
            "reasoning": usage.thoughts_token_count or 0,
        }
        return seen

    def user(self, text):
        return [self.types.Content(role="user", parts=[self.types.Part(text=text)])]

    def history(self, prompt, seen):
        types = self.types
        called = [part for part in seen.handle if part.function_call]
        answers = [
            types.Part(function_response=types.FunctionResponse(id=i, name=n, response={"result": OUTPUTS[n]}))
            for i, n, _ in seen.calls
        ]
        return self.user(prompt) + [
            types.Content(role="model", parts=called),
            types.Content(role="user", parts=answers),
        ]


def scenarios(client):
    """Names each scenario and what to ask."""
    for stream in (False, True):
        yield "plain", stream, dict(words="", prompt="Tell me the news.")
        yield "thinking", stream, dict(words="cached=3", prompt="Tell me the news.", think=True)
        yield "length", stream, dict(words="words=40", prompt="Go on.", limit=20)
        yield "tools", stream, dict(words="preface", prompt=TOOL_PROMPT, tools=True)
        yield "refused", stream, dict(words="status=400", prompt="Tell me the news.")
    yield "failed", True, dict(words="fail=6", prompt="Tell me the news.")
    yield "cut", True, dict(words="cut=6", prompt="Tell me the news.")
    yield "split", True, dict(words="split=3 words=10", prompt="Tell me the news.")


def run(client, model, name, stream, words, prompt, tools=False, limit=None, think=False):
    line = {"model": model, "scenario": name, "stream": stream}
    try:
        seen = client.ask(model, words, client.user(prompt), tools, stream, limit, think)
        line.update(seen.json())
        if tools:
            again = client.ask(model, "", client.history(prompt, seen), True, stream, None, False)
            line["then"] = again.json()
    except Exception as problem:  # what it raises is what the test is about
        status = getattr(problem, "status_code", None) or getattr(problem, "code", None)
        line["error"] = {"type": type(problem).__name__, "status": status, "message": str(problem)}
    return line


def main():
    kinds = {"openai": OpenAiChat, "responses": OpenAiResponses, "anthropic": AnthropicMessages, "gemini": Gemini}
    client = kinds[kind]()
    for model in sys.argv[5:]:
        for name, stream, arguments in scenarios(client):
            print(json.dumps(run(client, model, name, stream, **arguments), ensure_ascii=False), flush=True)


main()
