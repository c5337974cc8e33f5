"""What the gateway gives a plugin. Times are seconds; what is awaited runs on the plugin's own thread."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NotRequired, Protocol, TypedDict

type BodyInit = str | bytes | bytearray | memoryview | dict[str, Any] | list[Any] | int | float | bool | None
"""What can be sent as a body: text (as UTF-8), bytes, or anything else as JSON."""

type HeadersInit = Mapping[str, object] | Iterable[tuple[str, object]]

class SluiceError(Exception):
    """What a host call fails with."""

    reason: Literal[
        "NOT_GRANTED", "NOT_FOUND", "BAD_ARGUMENT", "CAS_MISMATCH", "LIMIT",
        "TIMEOUT", "UNAVAILABLE", "CANCELLED", "INTERNAL",
    ]
    def __init__(self, reason: str, message: str) -> None: ...

class Headers(Protocol):
    """Header or trailer fields of a message, in order; names are in lower case. They can be changed until they have
    gone on, and raise a TypeError afterwards."""

    def get[D](self, name: str, default: D = None) -> str | D:
        """Returns the first value of a name."""
    def get_all(self, name: str) -> list[str]:
        """Returns all values of a name."""
    def append(self, name: str, value: object) -> None:
        """Adds a value."""
    def __contains__(self, name: str) -> bool: ...
    def __getitem__(self, name: str) -> str: ...
    def __setitem__(self, name: str, value: object) -> None:
        """Replaces all values of a name."""
    def __delitem__(self, name: str) -> None: ...
    def __iter__(self) -> Iterator[tuple[str, str]]: ...
    def __len__(self) -> int: ...

class Body(Protocol):
    """The whole body of a message, in on_request_body and on_response_body."""

    def __len__(self) -> int: ...
    def text(self) -> str: ...
    def bytes(self) -> bytes: ...
    def json(self) -> Any: ...
    def set(self, value: BodyInit) -> None:
        """Replaces the body; content-length is corrected."""

class Message(Protocol):
    headers: Headers
    trailers: Headers | None
    """In the callbacks for trailers."""
    body: Body

class Request(Message, Protocol):
    path: str
    """With the query."""
    authority: str
    @property
    def method(self) -> str: ...

class Response(Message, Protocol):
    status: int

class Properties(Protocol):
    """Attributes of the exchange, by Envoy's names: source.address, xds.route_name, request.protocol."""

    def text(self, path: str) -> Awaitable[str | None]: ...
    def number(self, path: str) -> Awaitable[int | None]: ...
    def bytes(self, path: str) -> Awaitable[bytes | None]: ...
    def set(self, path: str, value: str | bytes) -> Awaitable[bool]:
        """Sets an attribute for the plugins that follow; answers False when it is read-only."""

type AiRole = Literal["system", "user", "assistant", "tool_input", "tool_output", "tool_definition"]

class AiSegment(Protocol):
    """One piece of text of an LLM request; place is a JSON pointer into the client's body."""

    index: int
    role: AiRole
    place: str
    text: str

class AiUsage(TypedDict):
    """Tokens: input includes the cached ones, output those of reasoning."""

    input: int
    cachedInput: int
    output: int
    reasoning: int
    estimated: bool
    """Whether the gateway counted, because the provider did not."""
    cacheWrites: int

class AiText(TypedDict):
    type: Literal["text"]
    choice: NotRequired[int]
    place: NotRequired[str]
    """answer, reasoning or refusal; answer by default."""
    text: str

class AiToolCall(TypedDict):
    type: Literal["toolCall"]
    choice: NotRequired[int]
    call: int
    name: NotRequired[str]
    arguments: str

class AiFinish(TypedDict):
    type: Literal["finish"]
    choice: NotRequired[int]
    reason: str

class AiUsageReport(AiUsage):
    type: Literal["usage"]

type AiEvent = AiText | AiToolCall | AiFinish | AiUsageReport
"""One event of an LLM response, streamed or not."""

class AiEnd(TypedDict):
    """How an LLM exchange ended."""

    outcome: Literal["complete", "refused", "cached", "upstream_error", "truncated", "client_gone"]
    model: str
    provider: str
    usage: AiUsage

class AiCall(Protocol):
    """An LLM call on a route with `ai`; needs the grant `ai`. Its attributes are there in a plugin that has on_ai_request."""

    protocol: str
    """openai.chat, anthropic.messages, gemini.generateContent, …"""
    model: str
    stream: bool
    consumer: str | None
    estimated_prompt_tokens: int
    max_output_tokens: int | None
    segments: list[AiSegment]
    tools: list[str]
    parameters: dict[str, str]
    def replace(self, segment: AiSegment, text: str) -> None:
        """Replaces the text of a segment; the rest of the client's body stays as it is."""
    def append(self, role: AiRole, text: str) -> None:
        """Adds a message at the end of the conversation."""
    def set_model(self, model: str) -> None:
        """Names another model, which routing uses."""
    def replace_event(self, *events: AiEvent) -> None:
        """In on_ai_event: sends others on in place of the event; none holds it back."""
    def emit(self, *events: AiEvent) -> None:
        """Sends events before the one at hand, or before the next one."""
    def refuse(self, status: int = 403, code: str = "refused", message: str = "") -> None:
        """Refuses in the client's protocol: an error, or with status 200 an answer that says the message."""
    def answer(self, *events: AiEvent) -> None:
        """Answers in place of a provider in the client's protocol."""

class Context(Protocol):
    """One exchange. The same object is passed to each of its callbacks."""

    config: Any
    request: Request
    response: Response
    """Is there from on_response_headers on."""
    ai: AiCall
    """Is there in on_ai_request, on_ai_event and on_ai_end."""
    state: Any
    """Yours, for what one callback leaves to the next: set any attribute."""
    end_of_stream: bool
    """Whether the message ends with what this callback sees."""
    properties: Properties
    def respond(
        self, status: int = 200, body: BodyInit = None, headers: HeadersInit | None = None, code: str = "plugin"
    ) -> None:
        """Answers when this callback has ended; the upstream sees nothing."""
    def pass_body(self) -> None:
        """In a callback for headers: lets the body pass without on_request_body or on_response_body."""

class RootContext(Protocol):
    config: Any

type Eventually = Awaitable[None] | None
type Chunk = BodyInit | Awaitable[BodyInit]

class Plugin:
    """Is what plugins extend. Each callback may be `async`; one that is not overridden is not called."""

    tick_period: float
    """Seconds between ticks; 1 by default, for plugins with on_tick."""

    def on_configure(self, config: Any) -> None:
        """Checks a configuration, at load. What it raises refuses the plugin. Not asynchronous."""
    def on_request_headers(self, ctx: Context) -> Eventually: ...
    def on_request_body(self, ctx: Context) -> Eventually:
        """Sees the whole request body; the headers wait for it. At most `limits.bodyBuffer` bytes."""
    def on_request_chunk(self, ctx: Context, chunk: bytes) -> Chunk:
        """Sees the request body as it comes. What it returns goes on in place of the chunk, None leaves it."""
    def on_request_trailers(self, ctx: Context) -> Eventually: ...
    def on_response_headers(self, ctx: Context) -> Eventually: ...
    def on_response_body(self, ctx: Context) -> Eventually:
        """Sees the whole response body; use on_response_chunk for streams."""
    def on_response_chunk(self, ctx: Context, chunk: bytes) -> Chunk: ...
    def on_response_trailers(self, ctx: Context) -> Eventually: ...
    def on_ai_request(self, ctx: Context) -> Eventually:
        """Sees an LLM request on a route with `ai`, whatever its format; before on_request_body."""
    def on_ai_event(self, ctx: Context, event: AiEvent) -> Eventually:
        """Sees one event of the response, in order, streamed or not."""
    def on_ai_end(self, ctx: Context, end: AiEnd) -> Eventually:
        """Learns how the LLM exchange ended; nothing can be changed any more."""
    def on_log(self, ctx: Context) -> Eventually:
        """Is called when the exchange has ended; nothing can be changed any more."""
    def on_tick(self, ctx: RootContext) -> Eventually: ...
    def on_done(self, ctx: RootContext) -> Eventually:
        """Is called before the plugin ends; has five seconds."""

def define_plugin(
    *,
    on_configure: Callable[[Any], None] = ...,
    on_request_headers: Callable[[Context], Eventually] = ...,
    on_request_body: Callable[[Context], Eventually] = ...,
    on_request_chunk: Callable[[Context, bytes], Chunk] = ...,
    on_request_trailers: Callable[[Context], Eventually] = ...,
    on_response_headers: Callable[[Context], Eventually] = ...,
    on_response_body: Callable[[Context], Eventually] = ...,
    on_response_chunk: Callable[[Context, bytes], Chunk] = ...,
    on_response_trailers: Callable[[Context], Eventually] = ...,
    on_ai_request: Callable[[Context], Eventually] = ...,
    on_ai_event: Callable[[Context, AiEvent], Eventually] = ...,
    on_ai_end: Callable[[Context, AiEnd], Eventually] = ...,
    on_log: Callable[[Context], Eventually] = ...,
    on_tick: Callable[[RootContext], Eventually] = ...,
    on_done: Callable[[RootContext], Eventually] = ...,
    tick_period: float = 1.0,
) -> Plugin:
    """Makes a plugin of functions, for those who prefer them to a class: `plugin = define_plugin(on_log=…)`."""

class Bytes(Protocol):
    def bytes(self) -> bytes: ...
    def text(self) -> str: ...
    def json(self) -> Any: ...

class FetchResponse(Bytes, Protocol):
    status: int
    headers: Headers

class Literally(TypedDict):
    literal: str
    ignore_case: NotRequired[bool]
    whole_word: NotRequired[bool]

class Expression(TypedDict):
    expression: str
    ignore_case: NotRequired[bool]
    whole_word: NotRequired[bool]

class PatternSet(Protocol):
    def scan(self, text: str | bytes, limit: int = 100) -> list[tuple[int, int, int]]:
        """Returns at most `limit` matches by start, each as pattern, start and end; offsets count bytes of UTF-8."""
    def matches(self, text: str | bytes) -> bool: ...

class Fixed(TypedDict):
    fixed: Literal["second", "minute", "hour", "day", "week", "month"]
    zone: NotRequired[str]

class Sliding(TypedDict):
    sliding: float

class TokenBucket(TypedDict):
    token_bucket: float

class Concurrency(TypedDict):
    concurrency: float

class Limit(TypedDict):
    key: str
    amount: int
    window: Fixed | Sliding | TokenBucket | Concurrency

class Remaining(TypedDict):
    key: str
    remaining: int
    """Negative: debt."""
    resets_at: float
    """Seconds since 1970."""

class Reservation(Protocol):
    granted: bool
    reservation: str
    remaining: list[Remaining]

class Stored(Bytes, Protocol):
    version: str

class Lock(Protocol):
    key: str
    fence: str
    def unlock(self) -> Awaitable[bool]: ...

class Hit(Bytes, Protocol):
    key: str
    score: float
    attributes: dict[str, str]

class Counter(Protocol):
    def add(self, delta: int = 1) -> None: ...

class Gauge(Protocol):
    def add(self, delta: int = 1) -> None: ...
    def set(self, value: int) -> None: ...

class Histogram(Protocol):
    def record(self, value: int) -> None: ...

# What a plugin may use; a service that was not granted raises a SluiceError.

class log:
    @staticmethod
    def trace(*values: object) -> None: ...
    @staticmethod
    def debug(*values: object) -> None: ...
    @staticmethod
    def info(*values: object) -> None: ...
    @staticmethod
    def warn(*values: object) -> None: ...
    @staticmethod
    def error(*values: object) -> None: ...

class clock:
    @staticmethod
    def now() -> float:
        """Returns the seconds since 1970."""
    @staticmethod
    def monotonic() -> float:
        """Returns the seconds of a clock that never goes back."""

class metrics:
    @staticmethod
    def counter(name: str) -> Counter: ...
    @staticmethod
    def gauge(name: str) -> Gauge: ...
    @staticmethod
    def histogram(name: str) -> Histogram: ...

class patterns:
    @staticmethod
    def compile(patterns: Sequence[str | Literally | Expression]) -> PatternSet:
        """Compiles patterns that are matched in linear time; once, at the top or in on_configure."""

class http:
    @staticmethod
    def fetch(
        upstream: str,
        path: str = "/",
        method: str | None = None,
        headers: HeadersInit | None = None,
        body: BodyInit = None,
        authority: str | None = None,
        timeout: float | None = None,
    ) -> Awaitable[FetchResponse]:
        """Calls an upstream of the configuration that was granted (`grants: {http: [name]}`)."""

class store:
    @staticmethod
    def get(key: str) -> Awaitable[Stored | None]: ...
    @staticmethod
    def set(key: str, value: BodyInit, ttl: float | None = None) -> Awaitable[str]: ...
    @staticmethod
    def compare_and_set(key: str, value: BodyInit, version: str, ttl: float | None = None) -> Awaitable[str]:
        """Writes when the version is still the one read; "0" expects no entry. Fails with CAS_MISMATCH."""
    @staticmethod
    def delete(key: str) -> Awaitable[bool]: ...
    @staticmethod
    def lock(key: str, expiry: float) -> Awaitable[Lock | None]:
        """Takes a lock that frees itself; None when another holds it."""

class counters:
    @staticmethod
    def add(limits: Sequence[Limit], amount: int = 1) -> Awaitable[list[Remaining]]: ...
    @staticmethod
    def reserve(limits: Sequence[Limit], amount: int, expiry: float) -> Awaitable[Reservation]:
        """Reserves on all limits or on none; given back, and failed with CANCELLED, when the exchange ends before the answer."""
    @staticmethod
    def settle(reservation: str, amount: int) -> Awaitable[list[Remaining]]: ...
    @staticmethod
    def release(reservation: str) -> Awaitable[list[Remaining]]: ...
    @staticmethod
    def peek(limits: Sequence[Limit]) -> Awaitable[list[Remaining]]: ...

class vectors:
    @staticmethod
    def upsert(
        space: str,
        key: str,
        vector: Sequence[float],
        value: BodyInit = "",
        attributes: Mapping[str, str] | None = None,
        ttl: float | None = None,
    ) -> Awaitable[bool]: ...
    @staticmethod
    def search(
        space: str,
        vector: Sequence[float],
        k: int = 1,
        min_score: float = -1.0,
        filter: Mapping[str, str] | None = None,
    ) -> Awaitable[list[Hit]]: ...
    @staticmethod
    def delete(space: str, key: str) -> Awaitable[bool]: ...
    @staticmethod
    def delete_where(space: str, filter: Mapping[str, str]) -> Awaitable[int]: ...

def embed(texts: Sequence[str]) -> Awaitable[list[list[float]]]:
    """Turns texts into vectors of unit length."""

class tokens:
    @staticmethod
    def count(model: str, text: str) -> Awaitable[int]:
        """Estimates the tokens of a text for a model."""
