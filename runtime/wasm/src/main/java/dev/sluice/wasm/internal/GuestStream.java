package dev.sluice.wasm.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import org.jspecify.annotations.Nullable;

/**
 * Is the stream context of an exchange (proxy-wasm, "stream context").
 *
 * <p>It is created in the guest together with its first callback, so that an exchange costs no
 * entry of its own. Guarded by the benchmark {@code GuestBench}.
 */
final class GuestStream extends GuestContext implements HttpFilter {
  /** The result of a callback that sent a local response: stops whatever the guest returned. */
  private static final int ANSWERED = -1;

  private final GuestRoot root;
  private final StreamContext exchange;
  private boolean created;
  private int answers;

  /**
   * Which messages the filter still holds or sees for the first time, so that it may change them.
   */
  private boolean requestHeadersOpen;

  private boolean requestTrailersOpen;
  private boolean responseHeadersOpen;
  private boolean responseTrailersOpen;

  /** Whether a change of request headers has the route matched again (Higress). */
  private boolean keepsRoute;

  private boolean routeStale;

  /** Which directions wait for the guest. */
  private boolean holdsRequest;

  private boolean holdsResponse;

  /** The direction whose last body bytes are being shown, to which trailers can be added. */
  private @Nullable Direction ending;

  GuestStream(GuestRoot root, int id, StreamContext exchange) {
    super(root.vm(), id);
    this.root = root;
    this.exchange = exchange;
    root.vm().remember(this);
  }

  /** The guest changes request headers; in Higress that makes the route anew. */
  void matchRouteAgain() {
    if (!keepsRoute && !routeStale) {
      routeStale = true;
      vm().afterCall(
              () -> {
                routeStale = false;
                exchange.clearRouteCache();
              });
    }
  }

  /** Sets whether changed request headers leave the route as it is. */
  void keepRoute(boolean keep) {
    keepsRoute = keep;
  }

  @Override
  public FilterStatus onRequestHeaders(Headers headers, boolean endOfStream) {
    requestHeadersOpen = true;
    int result = callback(GuestExport.REQUEST_HEADERS, headers.size(), endOfStream ? 1 : 0);
    return released(vm().headerStatus(result), Direction.REQUEST);
  }

  @Override
  public FilterStatus onRequestBody(Body body, boolean endOfStream) {
    ending = endOfStream ? Direction.REQUEST : null;
    int result = callback(GuestExport.REQUEST_BODY, body.length(), endOfStream ? 1 : 0);
    ending = null;
    return released(AbiVersion.bodyStatus(result), Direction.REQUEST);
  }

  @Override
  public FilterStatus onRequestTrailers(Headers trailers) {
    requestTrailersOpen = true;
    int result = callback(GuestExport.REQUEST_TRAILERS, trailers.size(), 0);
    return released(AbiVersion.trailerStatus(result), Direction.REQUEST);
  }

  @Override
  public FilterStatus onResponseHeaders(Headers headers, boolean endOfStream) {
    responseHeadersOpen = true;
    int result = callback(GuestExport.RESPONSE_HEADERS, headers.size(), endOfStream ? 1 : 0);
    return released(vm().headerStatus(result), Direction.RESPONSE);
  }

  @Override
  public FilterStatus onResponseBody(Body body, boolean endOfStream) {
    ending = endOfStream ? Direction.RESPONSE : null;
    int result = callback(GuestExport.RESPONSE_BODY, body.length(), endOfStream ? 1 : 0);
    ending = null;
    return released(AbiVersion.bodyStatus(result), Direction.RESPONSE);
  }

  @Override
  public FilterStatus onResponseTrailers(Headers trailers) {
    responseTrailersOpen = true;
    int result = callback(GuestExport.RESPONSE_TRAILERS, trailers.size(), 0);
    return released(AbiVersion.trailerStatus(result), Direction.RESPONSE);
  }

  @Override
  public FilterStatus onAiRequest(AiRequest request) {
    int result = shown(GuestExport.AI_REQUEST, AiMessages.request(request));
    return talked(result, Direction.REQUEST);
  }

  @Override
  public FilterStatus onAiEvent(AiEvent event) {
    return talked(shown(GuestExport.AI_EVENT, AiMessages.event(event)), Direction.RESPONSE);
  }

  @Override
  public void onAiEnd(AiEnd end) {
    if (vm().isAlive()) {
      shown(GuestExport.AI_END, AiMessages.end(end));
    }
  }

  /** Runs a callback that finds a message in buffer 8. */
  private int shown(GuestExport export, WireWriter message) {
    byte[] bytes = message.toBytes();
    vm().callData(bytes);
    try {
      return callback(export, bytes.length, 0);
    } finally {
      vm().callData(null);
    }
  }

  /** Headers that the filter holds stay open for it while a callback on the call has it wait. */
  private FilterStatus talked(int result, Direction direction) {
    if (result == 0 || result == ANSWERED) {
      return FilterStatus.CONTINUE;
    }
    if (direction == Direction.REQUEST) {
      holdsRequest = true;
    } else {
      holdsResponse = true;
    }
    return FilterStatus.STOP_ITERATION;
  }

  @Override
  public void onLog() {
    if (vm().isAlive()) {
      callback(GuestExport.LOG, 0, 0);
    }
  }

  @Override
  public void onDestroy() {
    GuestVm vm = vm();
    if (isDeleted()) {
      return;
    }
    try {
      if (created && vm.isAlive()) {
        vm.enter(vm.callLimit());
        try {
          if (vm.has(GuestExport.DONE)) {
            vm.call(this, GuestExport.DONE, id());
          }
          if (vm.has(GuestExport.DELETE)) {
            vm.call(this, GuestExport.DELETE, id());
          }
        } finally {
          vm.leave();
        }
      }
    } finally {
      vm.patterns().closeStreams(this);
      vm.forget(this);
    }
  }

  private int callback(GuestExport export, int first, int second) {
    GuestVm vm = vm();
    vm.enter(vm.callLimit());
    try {
      if (!created) {
        created = true;
        if (vm.has(GuestExport.CONTEXT_CREATE)) {
          vm.call(this, GuestExport.CONTEXT_CREATE, id(), root.id());
        }
      }
      int before = answers;
      int result = vm.has(export) ? vm.call(this, export, id(), first, second) : 0;
      return answers == before ? result : ANSWERED;
    } finally {
      vm.leave();
    }
  }

  private FilterStatus released(FilterStatus status, Direction direction) {
    if (status == FilterStatus.CONTINUE || status == FilterStatus.CONTINUE_AND_END_STREAM) {
      close(direction);
    } else if (direction == Direction.REQUEST) {
      holdsRequest = true;
    } else {
      holdsResponse = true;
    }
    return status;
  }

  /**
   * Fails the exchange when the VM died while the exchange waits for it: no callback would come
   * that could tell. The proxy treats what a task throws like what a callback throws.
   */
  void failIfWaiting() {
    if (holdsRequest || holdsResponse) {
      exchange.execute(
          () -> {
            throw new PluginException(
                PluginException.Kind.DEAD,
                root.context().plugin() + ": its VM failed while the exchange waited for it");
          });
    }
  }

  private void close(Direction direction) {
    if (direction == Direction.REQUEST) {
      holdsRequest = false;
      requestHeadersOpen = false;
      requestTrailersOpen = false;
    } else {
      holdsResponse = false;
      responseHeadersOpen = false;
      responseTrailersOpen = false;
    }
  }

  @Override
  GuestRoot root() {
    return root;
  }

  @Override
  GuestStream stream() {
    return this;
  }

  StreamContext exchange() {
    return exchange;
  }

  @Override
  Properties properties() {
    return exchange.properties();
  }

  @Override
  @Nullable Headers headers(int map) {
    return switch (map) {
      case REQUEST_HEADERS -> exchange.requestHeaders();
      case REQUEST_TRAILERS -> exchange.requestTrailers();
      case RESPONSE_HEADERS -> exchange.responseHeaders();
      case RESPONSE_TRAILERS -> exchange.responseTrailers();
      default -> null;
    };
  }

  @Override
  @Nullable Headers headersToChange(int map) {
    return switch (map) {
      case REQUEST_HEADERS -> requestHeadersOpen ? exchange.requestHeaders() : null;
      case RESPONSE_HEADERS -> responseHeadersOpen ? exchange.responseHeaders() : null;
      case REQUEST_TRAILERS -> requestTrailersToChange();
      case RESPONSE_TRAILERS -> responseTrailersToChange();
      default -> null;
    };
  }

  private @Nullable Headers requestTrailersToChange() {
    if (!requestTrailersOpen && ending == Direction.REQUEST) {
      requestTrailersOpen = true;
      return exchange.addTrailers(Direction.REQUEST);
    }
    return requestTrailersOpen ? exchange.requestTrailers() : null;
  }

  private @Nullable Headers responseTrailersToChange() {
    if (!responseTrailersOpen && ending == Direction.RESPONSE) {
      responseTrailersOpen = true;
      return exchange.addTrailers(Direction.RESPONSE);
    }
    return responseTrailersOpen ? exchange.responseTrailers() : null;
  }

  @Override
  @Nullable Body body(int buffer) {
    return switch (buffer) {
      case 0 -> exchange.body(Direction.REQUEST);
      case 1 -> exchange.body(Direction.RESPONSE);
      default -> null;
    };
  }

  @Override
  int resume(int stream) {
    if (stream > 1) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var direction = stream == 0 ? Direction.REQUEST : Direction.RESPONSE;
    vm().afterCall(
            () -> {
              close(direction);
              exchange.resume(direction);
            });
    return AbiStatus.OK;
  }

  @Override
  int close(int stream) {
    if (stream > 1) {
      return AbiStatus.BAD_ARGUMENT;
    }
    vm().afterCall(exchange::resetStream);
    return AbiStatus.OK;
  }

  /** Answers the request when the guest has returned. */
  void answer(LocalResponse response) {
    answer(() -> exchange.sendLocalResponse(response));
  }

  void answer(Runnable answering) {
    answers++;
    vm().afterCall(answering);
  }

  /** Sends bytes on to the filters after this one, when the guest has returned. */
  void inject(Direction direction, byte[] data, boolean endOfStream) {
    try {
      exchange.inject(direction, data, endOfStream);
    } catch (PluginException e) {
      vm().logOnce("injected bytes are lost: " + e.getMessage());
    }
  }
}
