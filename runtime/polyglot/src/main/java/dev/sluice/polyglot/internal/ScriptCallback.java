package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Callback;
import java.util.Arrays;
import java.util.Set;

/** Names the callbacks that a script can have, with those of the chain that each needs. */
enum ScriptCallback {
  REQUEST_HEADERS("onRequestHeaders", Callback.REQUEST_HEADERS),
  /** Is shown the whole body, before which the headers do not go on. */
  REQUEST_BODY("onRequestBody", Callback.REQUEST_HEADERS, Callback.REQUEST_BODY),
  /** Is shown the body as it comes. */
  REQUEST_CHUNK("onRequestChunk", Callback.REQUEST_HEADERS, Callback.REQUEST_BODY),
  REQUEST_TRAILERS("onRequestTrailers", Callback.REQUEST_TRAILERS),
  RESPONSE_HEADERS("onResponseHeaders", Callback.RESPONSE_HEADERS),
  RESPONSE_BODY("onResponseBody", Callback.RESPONSE_HEADERS, Callback.RESPONSE_BODY),
  RESPONSE_CHUNK("onResponseChunk", Callback.RESPONSE_HEADERS, Callback.RESPONSE_BODY),
  RESPONSE_TRAILERS("onResponseTrailers", Callback.RESPONSE_TRAILERS),
  /** Is shown the LLM request of an AI route. */
  AI_REQUEST("onAiRequest", Callback.AI_REQUEST),
  AI_EVENT("onAiEvent", Callback.AI_EVENT),
  AI_END("onAiEnd", Callback.AI_END),
  LOG("onLog", Callback.LOG),
  TICK("onTick"),
  DONE("onDone");

  private final String symbol;

  @SuppressWarnings("ImmutableEnumChecker") // Set.of is
  private final Set<Callback> needs;

  ScriptCallback(String symbol, Callback... needs) {
    this.symbol = symbol;
    this.needs = Set.of(needs);
  }

  /** Returns its name in scripts. */
  String symbol() {
    return symbol;
  }

  Set<Callback> needs() {
    return needs;
  }

  /** Returns the callback of a name. */
  static ScriptCallback named(String symbol) {
    return Arrays.stream(values())
        .filter(callback -> callback.symbol.equals(symbol))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(symbol));
  }
}
