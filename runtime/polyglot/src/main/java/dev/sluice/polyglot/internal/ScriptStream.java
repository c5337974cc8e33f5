package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import org.jspecify.annotations.Nullable;

/**
 * Is one exchange of a script plugin. Everything here runs on the loop; callbacks are handed over
 * to the script thread while the exchange is held, and what they want is done when they are back.
 */
final class ScriptStream implements HttpFilter {
  private final ScriptRoot root;
  private final ScriptVm vm;
  private final long id;
  private final StreamContext exchange;
  private final ScriptMessage request;
  private final ScriptMessage response;
  private boolean requestKnown;
  private boolean responseKnown;
  private boolean used;
  private boolean ended;

  ScriptStream(ScriptRoot root, ScriptVm vm, long id, StreamContext exchange) {
    this.root = root;
    this.vm = vm;
    this.id = id;
    this.exchange = exchange;
    request = new ScriptMessage(this, Direction.REQUEST);
    response = new ScriptMessage(this, Direction.RESPONSE);
  }

  @Override
  public FilterStatus onRequestHeaders(Headers headers, boolean endOfStream) {
    return request.headers(headers, endOfStream);
  }

  @Override
  public FilterStatus onRequestBody(Body body, boolean endOfStream) {
    return request.body(body, endOfStream);
  }

  @Override
  public FilterStatus onRequestTrailers(Headers trailers) {
    return request.trailers();
  }

  @Override
  public FilterStatus onResponseHeaders(Headers headers, boolean endOfStream) {
    return response.headers(headers, endOfStream);
  }

  @Override
  public FilterStatus onResponseBody(Body body, boolean endOfStream) {
    return response.body(body, endOfStream);
  }

  @Override
  public FilterStatus onResponseTrailers(Headers trailers) {
    return response.trailers();
  }

  @Override
  public FilterStatus onAiRequest(AiRequest asked) {
    talk(ScriptCallback.AI_REQUEST, Direction.REQUEST, ScriptCalls.request(asked));
    return FilterStatus.STOP_ITERATION;
  }

  @Override
  public FilterStatus onAiEvent(AiEvent event) {
    talk(ScriptCallback.AI_EVENT, Direction.RESPONSE, ScriptCalls.event(event));
    return FilterStatus.STOP_ITERATION;
  }

  @Override
  public void onAiEnd(AiEnd end) {
    if (vm.isAlive() && has(ScriptCallback.AI_END)) {
      tell(ScriptCallback.AI_END, ScriptCalls.end(end));
    }
  }

  /** Shows the script something of an LLM call and does what it wants when it is back. */
  private void talk(ScriptCallback callback, Direction direction, byte[] message) {
    var invocation =
        new Invocation(
            vm.nextId(),
            callback.symbol(),
            exchange,
            outcome -> exchange.execute(() -> talked(callback, direction, outcome)),
            failure ->
                exchange.execute(
                    () -> {
                      throw failure;
                    }),
            () -> ended);
    invoke(invocation, callback, false, message);
  }

  private void talked(ScriptCallback callback, Direction direction, Invocation.Outcome outcome) {
    var answer = outcome.response();
    if (answer != null) {
      exchange.sendLocalResponse(answer);
      return;
    }
    byte[] edits = outcome.body();
    var ai = exchange.ai();
    if (edits != null && ai != null) {
      try {
        ScriptCalls.apply(edits, ai);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw refused(callback, e);
      }
    }
    exchange.resume(direction);
  }

  /** Runs a callback that nothing waits for; it may well outlive the exchange. */
  private void tell(ScriptCallback callback, byte @Nullable [] message) {
    invoke(
        new Invocation(vm.nextId(), callback.symbol(), exchange, outcome -> {}, root::fail),
        callback,
        false,
        message);
  }

  @Override
  public void onLog() {
    if (vm.isAlive() && has(ScriptCallback.LOG)) {
      tell(ScriptCallback.LOG, null);
    }
  }

  @Override
  public void onDestroy() {
    ended = true;
    request.end();
    response.end();
    if (used) {
      vm.forget(id);
    }
  }

  StreamContext exchange() {
    return exchange;
  }

  boolean has(ScriptCallback callback) {
    return vm.callbacks().contains(callback);
  }

  int bodyBuffer() {
    return root.bodyBuffer();
  }

  /** Runs a callback on the script thread and what it wants afterwards on the loop. */
  void call(ScriptMessage message, ScriptCallback callback, boolean end, byte @Nullable [] body) {
    var invocation =
        new Invocation(
            vm.nextId(),
            callback.symbol(),
            exchange,
            outcome -> exchange.execute(() -> message.finished(callback, outcome)),
            failure ->
                exchange.execute(
                    () -> {
                      throw failure;
                    }),
            () -> ended);
    invoke(invocation, callback, end, body);
  }

  private void invoke(
      Invocation invocation, ScriptCallback callback, boolean end, byte @Nullable [] body) {
    used = true;
    String requestLines = null;
    if (!requestKnown || callback == ScriptCallback.REQUEST_HEADERS) {
      requestLines = HeaderLines.write(exchange.requestHeaders());
      requestKnown = requestLines != null;
    }
    String responseLines = null;
    if (callback == ScriptCallback.RESPONSE_HEADERS
        || (!responseKnown && exchange.responseHeaders() != null)) {
      responseLines = HeaderLines.write(exchange.responseHeaders());
      responseKnown = responseLines != null;
    }
    var trailers =
        switch (callback) {
          case REQUEST_TRAILERS -> HeaderLines.write(exchange.requestTrailers());
          case RESPONSE_TRAILERS -> HeaderLines.write(exchange.responseTrailers());
          default -> null;
        };
    var input = new Invocation.Input(requestLines, responseLines, trailers, end, body);
    vm.invoke(root.id(), id, invocation, input);
  }

  /** Reports something that the script asked for and that cannot be done. */
  static PluginException refused(ScriptCallback callback, RuntimeException cause) {
    return cause instanceof PluginException known
        ? known
        : new PluginException(Kind.TRAP, callback.symbol() + ": " + cause.getMessage(), cause);
  }
}
