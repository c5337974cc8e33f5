package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.AttemptPolicy.Failure;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Is one try to have a request answered by an endpoint. Belongs to the loop. */
final class Attempt implements HttpStreamHandler, HttpClient.OpenCallback {
  private final UpstreamSide owner;
  final Upstream upstream;
  final Endpoint endpoint;
  private final int loop;
  private final boolean retry;
  final long startNanos = System.nanoTime();

  private HttpClient.@Nullable Pending pending;
  private @Nullable HttpStream stream;
  private boolean waiting = true;
  private boolean counted = true;

  /** Whether the exchange no longer listens. */
  private boolean abandoned;

  private boolean responseDone;
  private boolean requestDone;

  /** Bytes given to the stream and not reported as sent. */
  private int unsent;

  Attempt(UpstreamSide owner, Upstream upstream, Endpoint endpoint, int loop, boolean retry) {
    this.owner = owner;
    this.upstream = upstream;
    this.endpoint = endpoint;
    this.loop = loop;
    this.retry = retry;
  }

  void open() {
    var opening = upstream.client(loop).open(endpoint.address(), this, this);
    if (waiting) {
      pending = opening;
    }
  }

  /** Returns the stream once it is open. */
  @Nullable HttpStream stream() {
    return stream;
  }

  boolean responseDone() {
    return responseDone;
  }

  void sendHeaders(HttpStream to, Headers headers, boolean end) {
    requestDone = end;
    to.sendHeaders(headers, end);
  }

  void sendTrailers(HttpStream to, Headers trailers) {
    requestDone = true;
    to.sendTrailers(trailers);
  }

  void sendData(HttpStream to, ByteBuf bytes, boolean end) {
    requestDone |= end;
    unsent += bytes.readableBytes();
    to.sendData(bytes, end);
  }

  /** Returns the bytes that were given to it and are not known to be sent. */
  int unsent() {
    return unsent;
  }

  /** Returns where it goes, for the log. */
  String place() {
    return upstream.name() + " at " + endpoint.text();
  }

  /** Returns what a reset stands for. */
  GatewayError errorOf(StreamError error, String detail) {
    var mapped =
        error == StreamError.PROTOCOL_ERROR
            ? GatewayError.UPSTREAM_PROTOCOL_ERROR
            : error == StreamError.TIMEOUT
                ? GatewayError.UPSTREAM_TIMEOUT
                : GatewayError.UPSTREAM_RESET;
    return mapped.withDetail(place() + ": " + error + (detail.isEmpty() ? "" : ", " + detail));
  }

  static Failure failureOf(StreamError error) {
    return error == StreamError.REFUSED_STREAM ? Failure.REFUSED : Failure.RESET;
  }

  /** Ends it without listening any more; what is still open is reset. */
  void abandon(StreamError error) {
    if (abandoned) {
      return;
    }
    abandoned = true;
    if (waiting) {
      notWaiting();
      if (pending != null) {
        pending.cancel();
      }
    } else if (stream != null && !(responseDone && requestDone && unsent == 0)) {
      stream.reset(error);
    }
    uncount();
  }

  private void notWaiting() {
    if (waiting) {
      waiting = false;
      upstream.connected(loop);
    }
  }

  private void uncount() {
    if (counted) {
      counted = false;
      upstream.end(loop, endpoint, retry);
    }
  }

  @Override
  public void opened(HttpStream request) {
    stream = request;
    if (abandoned) {
      request.reset(StreamError.CANCEL);
      return;
    }
    notWaiting();
    pending = null;
    owner.opened(this, request);
  }

  @Override
  public void failed(StreamError error, String detail) {
    notWaiting();
    uncount();
    if (!abandoned) {
      endpoint.connectFailed(loop);
      owner.connectFailed(this, detail);
    }
  }

  @Override
  public void onInformational(Headers headers) {
    if (!abandoned) {
      owner.informational(headers);
    }
  }

  @Override
  public void onHeaders(Headers headers, boolean end) {
    responseDone = end;
    if (!abandoned) {
      owner.responseHeaders(this, headers, end);
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    responseDone |= end;
    if (abandoned) {
      int size = data.readableBytes();
      data.release();
      if (stream != null && size > 0) {
        stream.consumed(size);
      }
    } else {
      owner.responseData(data, end);
    }
  }

  @Override
  public void onTrailers(Headers trailers) {
    responseDone = true;
    if (!abandoned) {
      owner.responseTrailers(trailers);
    }
  }

  @Override
  public void onSent(int bytes) {
    unsent -= bytes;
    if (!abandoned) {
      owner.sent(bytes);
    }
  }

  @Override
  public void onReset(StreamError error, String detail) {
    uncount();
    if (!abandoned) {
      if (!responseDone) {
        endpoint.failed(loop);
      }
      owner.reset(this, error, detail);
    }
  }

  @Override
  public void onClosed() {
    uncount();
  }
}
