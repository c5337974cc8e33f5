package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.AttemptPolicy.Failure;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Stage;
import dev.sluice.proxy.internal.exchange.TimerWheel.Timer;
import dev.sluice.proxy.route.RetryPolicy;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Is the end of the request's way: sends it to an upstream, and to another when that fails and the
 * route's {@link AttemptPolicy} wants so. Belongs to the loop.
 */
final class Attempts extends Stage implements UpstreamSide {
  private final Exchange exchange;
  private final Flow flow;

  private @Nullable LiveRoute route;
  private @Nullable Headers headers;
  private @Nullable Headers trailers;

  /** The body that waits for a connection, or all of it while it may be sent again. */
  private @Nullable ArrayDeque<ByteBuf> kept;

  private int keptBytes;
  private boolean ended;
  private boolean replayable;

  private @Nullable Attempt current;

  /** No further attempt: the response is passed on, or the exchange goes another way. */
  private boolean committed;

  private @Nullable Timer requestTimer;
  private @Nullable Timer tryTimer;
  private @Nullable Timer delayTimer;

  Attempts(Exchange exchange) {
    this.exchange = exchange;
    flow = exchange.flow(Direction.REQUEST);
  }

  // The request, from the chain

  @Override
  public void headers(Headers requestHeaders, boolean end) {
    if (committed) {
      return;
    }
    var chosen = exchange.routeForAttempts();
    if (chosen == null) {
      committed = true;
      exchange.fail(GatewayError.NO_ROUTE);
      return;
    }
    route = chosen;
    headers = requestHeaders;
    replayable = chosen.retries;
    if (end) {
      requestEnded();
    }
    begin(chosen.attempts.first(exchange, exchange.state().random()));
  }

  private void requestEnded() {
    ended = true;
    if (route != null && route.timeoutNanos > 0) {
      var timer = new Timer(this::requestTimeout);
      requestTimer = timer;
      exchange.state().timers().start(timer, route.timeoutNanos);
    }
  }

  @Override
  public void data(ByteBuf bytes, boolean end) {
    if (committed && current == null) {
      bytes.release();
      return;
    }
    int size = bytes.readableBytes();
    flow.queued(size);
    if (end) {
      requestEnded();
    }
    var attempt = current;
    var stream = attempt == null ? null : attempt.stream();
    if (attempt == null || stream == null) {
      keep(bytes);
      return;
    }
    if (replayable && !committed) {
      keep(bytes.retainedDuplicate());
    }
    attempt.sendData(stream, bytes, end);
  }

  private void keep(ByteBuf bytes) {
    var waiting = kept;
    if (waiting == null) {
      waiting = new ArrayDeque<>(4);
      kept = waiting;
    }
    waiting.add(bytes);
    keptBytes += bytes.readableBytes();
    if (keptBytes > RetryPolicy.REPLAY_BYTES && replayable) {
      replayable = false;
      if (current != null && current.stream() != null) {
        dropKept();
      }
    }
  }

  private void dropKept() {
    var waiting = kept;
    kept = null;
    keptBytes = 0;
    if (waiting != null) {
      waiting.forEach(ByteBuf::release);
    }
  }

  @Override
  public void trailers(Headers requestTrailers) {
    if (committed && current == null) {
      return;
    }
    trailers = requestTrailers;
    requestEnded();
    var attempt = current;
    var stream = attempt == null ? null : attempt.stream();
    if (attempt != null && stream != null) {
      attempt.sendTrailers(stream, requestTrailers);
    }
  }

  // Attempts

  private void begin(AttemptPolicy.Attempt attempt) {
    if (attempt.delay().isZero()) {
      start(attempt);
    } else {
      var timer = new Timer(() -> start(attempt));
      delayTimer = timer;
      exchange.state().timers().start(timer, attempt.delay().toNanos());
    }
  }

  private void start(AttemptPolicy.Attempt attempt) {
    delayTimer = null;
    var to = exchange.snapshot.upstreams().get(attempt.upstream());
    int loop = exchange.loop();
    boolean retry = exchange.attempts() > 0;
    var at = exchange.ask(to);
    if (to == null || at == null) {
      failed(Failure.NO_ENDPOINT, 0, GatewayError.NO_HEALTHY_UPSTREAM, attempt.upstream());
      return;
    }
    if (!to.begin(loop, at, retry)) {
      failed(Failure.CIRCUIT, 0, GatewayError.CIRCUIT_OPEN, attempt.upstream());
      return;
    }
    var started = new Attempt(this, to, at, loop, retry);
    current = started;
    startTryTimer(attempt.timeout());
    started.open();
  }

  private void startTryTimer(Duration timeout) {
    if (!timeout.isZero()) {
      var timer = tryTimer == null ? new Timer(this::tryTimeout) : tryTimer;
      tryTimer = timer;
      exchange.state().timers().start(timer, timeout.toNanos());
    }
  }

  @Override
  public void opened(Attempt attempt, HttpStream stream) {
    var request = headers;
    if (request == null) {
      return;
    }
    var waiting = kept;
    boolean bare = (waiting == null || waiting.isEmpty()) && trailers == null && ended;
    attempt.sendHeaders(stream, request, bare);
    if (bare) {
      return;
    }
    int left = waiting == null ? 0 : waiting.size();
    boolean endWithBody = ended && trailers == null;
    if (waiting != null && replayable) {
      for (var bytes : waiting) {
        left--;
        attempt.sendData(stream, bytes.retainedDuplicate(), left == 0 && endWithBody);
      }
    } else if (waiting != null) {
      kept = null;
      keptBytes = 0;
      for (var bytes : waiting) {
        left--;
        attempt.sendData(stream, bytes, left == 0 && endWithBody);
      }
    }
    if (trailers != null) {
      attempt.sendTrailers(stream, trailers);
    }
  }

  @Override
  public void sent(int bytes) {
    flow.left(bytes);
    flow.settle();
  }

  @Override
  public void connectFailed(Attempt attempt, String detail) {
    failed(Failure.CONNECT, 0, GatewayError.CONNECT_FAILED, attempt.place() + ": " + detail);
  }

  @Override
  public void reset(Attempt attempt, StreamError error, String detail) {
    if (attempt.responseDone()) {
      // The answer is complete, only the rest of the request was not wanted.
      leave(StreamError.CANCEL);
      return;
    }
    var failed = attempt.errorOf(error, detail);
    failed(Attempt.failureOf(error), 0, failed, failed.detail());
  }

  private void tryTimeout() {
    var attempt = current;
    if (attempt != null && !committed) {
      attempt.endpoint.failed(exchange.loop());
      failed(
          Failure.TIMEOUT, 0, GatewayError.UPSTREAM_TIMEOUT, attempt.place() + ": perTryTimeout");
    }
  }

  private void requestTimeout() {
    var attempt = current;
    if (attempt != null && attempt.responseDone()) {
      return; // the client is slow, not the upstream
    }
    if (attempt != null) {
      attempt.endpoint.failed(exchange.loop());
    }
    leave(StreamError.TIMEOUT);
    exchange.upstreamFailed(GatewayError.UPSTREAM_TIMEOUT.withDetail("timeout of the route"));
  }

  /** An attempt failed before its response was passed on: tries again, or says so. */
  private void failed(Failure failure, int status, GatewayError error, String detail) {
    if (!retry(failure, status)) {
      leave(StreamError.CANCEL);
      exchange.upstreamFailed(error.withDetail(detail));
    }
  }

  private boolean retry(Failure failure, int status) {
    boolean nothingSent = current == null || current.stream() == null;
    if (committed || route == null || !(replayable || (nothingSent && route.retries))) {
      return false;
    }
    var next = route.attempts.next(exchange, failure, status, exchange.state().random());
    if (next == null) {
      return false;
    }
    endCurrent(StreamError.CANCEL);
    flow.queued(keptBytes);
    begin(next);
    return true;
  }

  /** Ends the attempt under way; what it did not send no longer waits. */
  private void endCurrent(StreamError error) {
    var attempt = current;
    current = null;
    if (tryTimer != null) {
      exchange.state().timers().stop(tryTimer);
    }
    if (attempt != null) {
      boolean opened = attempt.stream() != null;
      flow.left(opened ? attempt.unsent() : keptBytes);
      attempt.abandon(error);
    } else {
      flow.left(keptBytes);
    }
  }

  @Override
  public void leave(StreamError error) {
    committed = true;
    endCurrent(error);
    dropKept();
    stopTimer(requestTimer);
    stopTimer(delayTimer);
    flow.finish();
  }

  private void stopTimer(@Nullable Timer timer) {
    if (timer != null) {
      exchange.state().timers().stop(timer);
    }
  }

  // The response

  @Override
  public void informational(Headers informational) {
    if (!committed) {
      exchange.informational(informational);
    }
  }

  @Override
  public void responseHeaders(Attempt attempt, Headers responseHeaders, boolean end) {
    exchange.answered(attempt);
    int status = responseHeaders.status();
    if (route != null && route.attempts.retriesStatus(status) && retry(Failure.STATUS, status)) {
      return;
    }
    committed = true;
    dropReplay();
    if (tryTimer != null) {
      exchange.state().timers().stop(tryTimer);
    }
    var stream = attempt.stream();
    if (stream != null) {
      exchange.flow(Direction.RESPONSE).source(stream);
    }
    if (end) {
      responseEnded();
    }
    exchange.upstreamHeaders(responseHeaders, end);
  }

  private void dropReplay() {
    if (current != null && current.stream() != null) {
      dropKept();
    }
    replayable = false;
  }

  @Override
  public void responseData(ByteBuf data, boolean end) {
    if (end) {
      responseEnded();
    }
    exchange.upstreamData(data, end);
  }

  @Override
  public void responseTrailers(Headers responseTrailers) {
    responseEnded();
    exchange.upstreamTrailers(responseTrailers);
  }

  private void responseEnded() {
    stopTimer(requestTimer);
  }
}
