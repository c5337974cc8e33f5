package dev.sluice.proxy.internal.plugin;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.exchange.TimerWheel;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Is one HTTP call of a plugin. Belongs to the loop. */
final class Callout implements HttpStreamHandler, HttpClient.OpenCallback {
  private final Callouts owner;
  private final LoopState loop;
  private final Upstream upstream;
  private final HttpCallouts.Request request;
  private final Completion<HttpCallouts.Response> completion;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this::timedOut);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  private @Nullable Endpoint endpoint;
  private HttpClient.@Nullable Pending pending;
  private @Nullable HttpStream stream;
  private @Nullable Headers headers;
  private boolean waiting;
  private boolean counted;
  private boolean ended;

  Callout(
      Callouts owner,
      LoopState loop,
      Upstream upstream,
      HttpCallouts.Request request,
      Completion<HttpCallouts.Response> completion) {
    this.owner = owner;
    this.loop = loop;
    this.upstream = upstream;
    this.request = request;
    this.completion = completion;
  }

  void start() {
    if (ended) {
      return;
    }
    var chosen = upstream.choose(loop.number(), ThreadLocalRandom.current().nextInt() >>> 1, null);
    if (chosen == null || !upstream.begin(loop.number(), chosen, false)) {
      fail(
          Reason.UNAVAILABLE,
          "upstream "
              + upstream.name()
              + (chosen == null ? ": no endpoint" : ": too many requests"));
      return;
    }
    endpoint = chosen;
    waiting = true;
    counted = true;
    loop.timers().start(timer, request.timeout().toNanos());
    var opening = upstream.client(loop.number()).open(chosen.address(), this, this);
    if (waiting) {
      pending = opening;
    }
  }

  /** Gives up; any thread. */
  void cancel() {
    loop.eventLoop().execute(() -> fail(Reason.CANCELLED, "the call was cancelled"));
  }

  private void timedOut() {
    fail(Reason.TIMEOUT, "upstream " + upstream.name() + ": no answer within " + request.timeout());
  }

  private void fail(Reason reason, String message) {
    if (!ended) {
      end();
      if (stream != null) {
        stream.reset(StreamError.CANCEL);
      }
      owner.ended(() -> completion.failed(new ServiceException(reason, message)));
    }
  }

  private void succeed(Headers trailers) {
    var answered = headers;
    if (!ended && answered != null) {
      end();
      var response = new HttpCallouts.Response(answered, body.toByteArray(), trailers);
      owner.ended(() -> completion.succeeded(response));
    }
  }

  private void end() {
    ended = true;
    loop.timers().stop(timer);
    if (waiting) {
      notWaiting();
      if (pending != null) {
        pending.cancel();
      }
      uncount();
    }
  }

  private void notWaiting() {
    if (waiting) {
      waiting = false;
      upstream.connected(loop.number());
    }
  }

  private void uncount() {
    if (counted && endpoint != null) {
      counted = false;
      upstream.end(loop.number(), endpoint, false);
    }
  }

  @Override
  public void opened(HttpStream to) {
    stream = to;
    notWaiting();
    var trailers = request.trailers();
    boolean bare = request.body().length == 0 && trailers == null;
    to.sendHeaders(request.headers(), bare);
    if (request.body().length > 0) {
      to.sendData(Unpooled.wrappedBuffer(request.body()), trailers == null);
    }
    if (trailers != null) {
      to.sendTrailers(trailers);
    }
  }

  @Override
  public void failed(StreamError error, String detail) {
    notWaiting();
    uncount();
    fail(Reason.UNAVAILABLE, "upstream " + upstream.name() + ": " + detail);
  }

  @Override
  public void onHeaders(Headers answered, boolean last) {
    headers = answered;
    if (last) {
      succeed(new Headers(0));
    }
  }

  @Override
  public void onData(ByteBuf data, boolean last) {
    int size = data.readableBytes();
    if (!ended && body.size() + size > owner.bodyLimit()) {
      data.release();
      fail(
          Reason.LIMIT,
          "upstream "
              + upstream.name()
              + ": its answer is too large (expected: at most "
              + owner.bodyLimit()
              + " bytes)");
      return;
    }
    if (!ended) {
      var bytes = new byte[size];
      data.readBytes(bytes);
      body.write(bytes, 0, size);
    }
    data.release();
    if (stream != null && size > 0) {
      stream.consumed(size);
    }
    if (last) {
      succeed(new Headers(0));
    }
  }

  @Override
  public void onTrailers(Headers trailers) {
    succeed(trailers);
  }

  @Override
  public void onReset(StreamError error, String detail) {
    uncount();
    fail(Reason.UNAVAILABLE, "upstream " + upstream.name() + ": " + error + ", " + detail);
  }

  @Override
  public void onClosed() {
    uncount();
  }
}
