package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.proxy.Stage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Is one plugin in the chain of one exchange: its filter, what the filter may do, and what happens
 * when it fails.
 */
final class FilterSlot extends FilterContext {
  private final FilterStage request;
  private final FilterStage response;
  private @Nullable HttpFilter filter;
  private boolean skipped;

  /**
   * Creates a slot.
   *
   * @param toUpstream what follows in the direction of the request
   * @param toClient what follows in the direction of the response
   */
  FilterSlot(Exchange exchange, ChainLink link, Stage toUpstream, Stage toClient) {
    super(exchange, link);
    request = new FilterStage(this, Direction.REQUEST, toUpstream);
    response = new FilterStage(this, Direction.RESPONSE, toClient);
  }

  @Override
  FilterStage stage(Direction direction) {
    return direction == Direction.REQUEST ? request : response;
  }

  FilterStage requestStage() {
    return request;
  }

  FilterStage responseStage() {
    return response;
  }

  /** Returns the callbacks to run: none once the filter is skipped. */
  int callbacks() {
    return skipped ? 0 : source.callbacks();
  }

  Flow flow(Direction direction) {
    return exchange.flow(direction);
  }

  // Callbacks; null means that the exchange goes another way now.

  @Nullable FilterStatus onHeaders(Direction direction, Headers headers, boolean end) {
    var target = filter();
    if (target == null) {
      return outcome(FilterStatus.CONTINUE);
    }
    if (direction == Direction.RESPONSE) {
      // A dialogue makes headers of its own, and guests ask the exchange for them.
      exchange.responseHeaders = headers;
    }
    long start = begin();
    try {
      return outcome(
          direction == Direction.REQUEST
              ? target.onRequestHeaders(headers, end)
              : target.onResponseHeaders(headers, end));
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      return failed(e);
    } finally {
      end(start);
    }
  }

  @Nullable FilterStatus onBody(Direction direction, Body body, boolean end) {
    var target = filter();
    if (target == null) {
      return outcome(FilterStatus.CONTINUE);
    }
    long start = begin();
    try {
      return outcome(
          direction == Direction.REQUEST
              ? target.onRequestBody(body, end)
              : target.onResponseBody(body, end));
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      return failed(e);
    } finally {
      end(start);
    }
  }

  @Nullable FilterStatus onTrailers(Direction direction, Headers trailers) {
    var target = filter();
    if (target == null) {
      return outcome(FilterStatus.CONTINUE);
    }
    long start = begin();
    try {
      return outcome(
          direction == Direction.REQUEST
              ? target.onRequestTrailers(trailers)
              : target.onResponseTrailers(trailers));
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      return failed(e);
    } finally {
      end(start);
    }
  }

  // Participant

  @Override
  public boolean wants(Callback callback) {
    return (callbacks() & ChainLink.bit(callback)) != 0;
  }

  @Override
  public @Nullable FilterStatus onAiRequest(AiRequest asked) {
    return talk(Direction.REQUEST, target -> target.onAiRequest(asked));
  }

  @Override
  public @Nullable FilterStatus onAiEvent(AiEvent event) {
    return talk(Direction.RESPONSE, target -> target.onAiEvent(event));
  }

  private @Nullable FilterStatus talk(
      Direction direction, Function<HttpFilter, FilterStatus> callback) {
    var target = filter();
    if (target == null) {
      return outcome(FilterStatus.CONTINUE);
    }
    long start = begin();
    talking = direction;
    resumeAsked = false;
    try {
      var status = callback.apply(target);
      talking = null;
      return outcome(resumeAsked ? FilterStatus.CONTINUE : status);
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      talking = null;
      return failed(e);
    } finally {
      end(start);
    }
  }

  @Override
  public void onAiEnd(AiEnd end) {
    var target = filter;
    if (target != null && wants(Callback.AI_END)) {
      last(() -> target.onAiEnd(end));
    }
  }

  @Override
  public boolean isReady(Direction direction) {
    return stage(direction).isReady();
  }

  @Override
  public void whenResumed(Direction direction, Runnable task) {
    stage(direction).await(task);
  }

  @Override
  public void release(Direction direction) {
    stage(direction).releaseHeaders();
  }

  @Override
  public void answer(LocalResponse localResponse) {
    sendLocalResponse(localResponse);
  }

  /** Makes the filter before its first callback; null when it could not be made. */
  private @Nullable HttpFilter filter() {
    if (filter == null && !skipped) {
      try {
        filter = source.newFilter(this);
      } catch (RuntimeException | StackOverflowError | LinkageError e) {
        failed(e);
      }
    }
    return filter;
  }

  /** Makes the filter of a plugin that only wants to be told at the end. */
  void prepareForEnd() {
    if (wants(Callback.LOG)) {
      filter();
    }
  }

  private long begin() {
    return source.called() ? System.nanoTime() : 0;
  }

  private void end(long start) {
    if (start != 0) {
      source.took(System.nanoTime() - start);
    }
  }

  private @Nullable FilterStatus outcome(FilterStatus status) {
    return exchange.afterCallback() ? null : status;
  }

  private @Nullable FilterStatus failed(Throwable thrown) {
    var cause =
        thrown instanceof PluginException known
            ? known
            : new PluginException(PluginException.Kind.INTERNAL, thrown.toString(), thrown);
    source.failed(cause, link.failStrategy());
    skipped = true;
    exchange.dropAsked();
    if (link.failStrategy() == FailStrategy.FAIL_OPEN) {
      skipHeld();
      return FilterStatus.CONTINUE;
    }
    exchange.pluginFailed(plugin(), cause);
    return null;
  }

  /** Lets through what the filter holds, except in the direction whose callback is running. */
  private void skipHeld() {
    if (!request.isRunning()) {
      request.skip();
    }
    if (!response.isRunning()) {
      response.skip();
    }
  }

  /** Runs what an engine does for this stream outside of a callback. */
  private void guarded(Runnable task) {
    if (exchange.isOver()) {
      exchange.state().dropped();
      return;
    }
    try {
      task.run();
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      failed(e);
      return;
    }
    exchange.afterCallback();
  }

  /** Makes the last callbacks. */
  void log() {
    var target = filter;
    if (target != null && wants(Callback.LOG)) {
      last(target::onLog);
    }
  }

  private void last(Runnable callback) {
    long start = begin();
    try {
      callback.run();
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      lastFailure(e);
    } finally {
      end(start);
    }
  }

  /** Counts how the exchange went for this version of the plugin, when there are two. */
  void count() {
    var arm = link.arm();
    if (arm != null) {
      long first = exchange.firstByteNanos();
      arm.ended(exchange.loop(), skipped, exchange, first < 0 ? exchange.durationNanos() : first);
    }
  }

  void destroy() {
    var target = filter;
    filter = null;
    if (target != null) {
      try {
        target.onDestroy();
      } catch (RuntimeException | StackOverflowError | LinkageError e) {
        lastFailure(e);
      }
    }
    request.cut();
    response.cut();
  }

  private void lastFailure(Throwable thrown) {
    if (!skipped) {
      source.failed(
          thrown instanceof PluginException known
              ? known
              : new PluginException(PluginException.Kind.INTERNAL, thrown.toString(), thrown),
          link.failStrategy());
    }
  }

  /** What a direction's buffer limit does to the exchange. */
  void overflow(Direction direction) {
    exchange.bodyOverflow(direction);
  }

  /** Fails the exchange of a filter that changed the length of a body which had been announced. */
  void brokenLength(Direction direction, PromisedLength promise) {
    var cause =
        new PluginException(
            PluginException.Kind.MESSAGE,
            "changed the length of the "
                + (direction == Direction.REQUEST ? "request" : "response")
                + " body: "
                + promise
                + "; remove content-length in the headers callback, or hold the headers until the"
                + " body is complete");
    source.failed(cause, FailStrategy.FAIL_CLOSE);
    skipped = true;
    exchange.pluginFailed(plugin(), cause);
  }

  /** The filter waits for a body that the client may not have been asked for yet. */
  void wantsBody(Direction direction) {
    if (direction == Direction.REQUEST) {
      exchange.askForBody();
    }
  }

  @Override
  public void execute(Runnable task) {
    exchange.eventLoop().execute(() -> guarded(task));
  }
}
