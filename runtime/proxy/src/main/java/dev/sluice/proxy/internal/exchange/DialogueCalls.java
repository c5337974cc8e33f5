package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.AttemptPolicy.Failure;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.UpstreamCall;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of a dialogue, one after another, each with a whole request. Belongs to the loop.
 */
final class DialogueCalls implements UpstreamSide {
  private final Exchange exchange;
  private @Nullable Call current;
  private boolean left;

  DialogueCalls(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Is one call. */
  private final class Call implements UpstreamCall {
    private final Headers request;
    private final byte[] body;
    private final Listener listener;
    private @Nullable Attempt attempt;
    private boolean committed;
    private boolean over;

    Call(Headers request, byte[] body, Listener listener) {
      this.request = request;
      this.body = body;
      this.listener = listener;
    }

    void failed(Failure failure, GatewayError error) {
      if (!over) {
        over = true;
        end(StreamError.CANCEL);
        listener.onFailed(failure, error);
      }
    }

    private void end(StreamError error) {
      if (current == this) {
        current = null;
      }
      if (attempt != null) {
        attempt.abandon(error);
      }
    }

    @Override
    public void consumed(int bytes) {
      var stream = attempt == null ? null : attempt.stream();
      if (stream != null && bytes > 0) {
        stream.consumed(bytes);
      }
    }

    @Override
    public void commit() {
      committed = true;
      var stream = attempt == null ? null : attempt.stream();
      if (stream != null) {
        exchange.flow(Direction.RESPONSE).source(stream);
      }
    }

    @Override
    public void blame() {
      if (attempt != null) {
        attempt.endpoint.failed(exchange.loop());
      }
    }

    @Override
    public void cancel() {
      over = true;
      end(StreamError.CANCEL);
    }
  }

  /** Begins a call. */
  UpstreamCall call(String name, Headers request, byte[] body, UpstreamCall.Listener listener) {
    var call = new Call(request, body, listener);
    current = call;
    var to = exchange.snapshot.upstreams().get(name);
    int loop = exchange.loop();
    boolean retry = exchange.attempts() > 0;
    var at = exchange.ask(to);
    if (left) {
      call.over = true;
    } else if (to == null || at == null) {
      failLater(call, Failure.NO_ENDPOINT, GatewayError.NO_HEALTHY_UPSTREAM.withDetail(name));
    } else if (!to.begin(loop, at, retry)) {
      failLater(call, Failure.CIRCUIT, GatewayError.CIRCUIT_OPEN.withDetail(name));
    } else {
      var attempt = new Attempt(this, to, at, loop, retry);
      call.attempt = attempt;
      attempt.open();
    }
    return call;
  }

  private void failLater(Call call, Failure failure, GatewayError error) {
    exchange.eventLoop().execute(() -> call.failed(failure, error));
  }

  @Override
  public void leave(StreamError error) {
    left = true;
    var call = current;
    if (call != null) {
      call.over = true;
      call.end(error);
    }
  }

  // What the attempt of the current call tells

  private @Nullable Call of(Attempt attempt) {
    var call = current;
    return call != null && !call.over && call.attempt == attempt ? call : null;
  }

  @Override
  public void opened(Attempt attempt, HttpStream stream) {
    var call = of(attempt);
    if (call == null) {
      return;
    }
    if (!call.request.contains(":authority")) {
      call.request.set(":authority", attempt.endpoint.text());
    }
    boolean bare = call.body.length == 0;
    attempt.sendHeaders(stream, call.request, bare);
    if (!bare) {
      attempt.sendData(stream, Unpooled.wrappedBuffer(call.body), true);
    }
    call.listener.onConnected();
  }

  @Override
  public void connectFailed(Attempt attempt, String detail) {
    var call = of(attempt);
    if (call != null) {
      var error = GatewayError.CONNECT_FAILED.withDetail(attempt.place() + ": " + detail);
      failLater(call, Failure.CONNECT, error);
    }
  }

  @Override
  public void sent(int bytes) {}

  @Override
  public void informational(Headers informational) {}

  @Override
  public void responseHeaders(Attempt attempt, Headers headers, boolean end) {
    exchange.answered(attempt);
    var call = of(attempt);
    if (call != null) {
      call.listener.onHeaders(headers, end);
    }
  }

  @Override
  public void responseData(ByteBuf data, boolean end) {
    var call = current;
    if (call == null || call.over) {
      data.release();
    } else if (call.committed) {
      var flow = exchange.flow(Direction.RESPONSE);
      flow.arrived(data.readableBytes());
      call.listener.onData(data, end);
      flow.settle();
    } else {
      call.listener.onData(data, end);
    }
  }

  @Override
  public void responseTrailers(Headers trailers) {
    var call = current;
    if (call != null && !call.over) {
      call.listener.onTrailers(trailers);
    }
  }

  @Override
  public void reset(Attempt attempt, StreamError error, String detail) {
    var call = of(attempt);
    if (call != null) {
      if (attempt.responseDone()) {
        call.cancel();
      } else {
        call.failed(Attempt.failureOf(error), attempt.errorOf(error, detail));
      }
    }
  }
}
