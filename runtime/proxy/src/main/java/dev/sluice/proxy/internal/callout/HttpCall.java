package dev.sluice.proxy.internal.callout;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.TimerWheel;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Is one HTTP call of a plugin. Belongs to the loop. */
final class HttpCall implements HttpStreamHandler, UpstreamLeg.Listener {
  private final CalloutBudget budget;
  private final Upstream upstream;
  private final UpstreamLeg leg;
  private final HttpCallouts.Request request;
  private final Completion<HttpCallouts.Response> completion;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this::timedOut);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  private @Nullable Headers headers;
  private boolean ended;

  HttpCall(
      CalloutBudget budget,
      Upstream upstream,
      HttpCallouts.Request request,
      Completion<HttpCallouts.Response> completion) {
    this.budget = budget;
    this.upstream = upstream;
    this.leg = new UpstreamLeg(upstream, budget.loop(), this);
    this.request = request;
    this.completion = completion;
  }

  void start() {
    if (!ended) {
      budget.loop().timers().start(timer, request.timeout().toNanos());
      leg.open(this);
    }
  }

  /** Gives up; any thread. */
  void cancel() {
    budget.loop().eventLoop().execute(() -> fail(Reason.CANCELLED, "the call was cancelled"));
  }

  private void timedOut() {
    fail(Reason.TIMEOUT, "upstream " + upstream.name() + ": no answer within " + request.timeout());
  }

  private void fail(Reason reason, String message) {
    if (!ended) {
      end();
      leg.abandon();
      budget.ended(() -> completion.failed(new ServiceException(reason, message)));
    }
  }

  private void succeed(Headers trailers) {
    var answered = headers;
    if (!ended && answered != null) {
      end();
      var response = new HttpCallouts.Response(answered, body.toByteArray(), trailers);
      budget.ended(() -> completion.succeeded(response));
    }
  }

  private void end() {
    ended = true;
    budget.loop().timers().stop(timer);
  }

  @Override
  public void opened(HttpStream to) {
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
  public void unavailable(String reason) {
    fail(Reason.UNAVAILABLE, reason);
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
    if (!ended && body.size() + size > budget.bodyLimit()) {
      data.release();
      fail(
          Reason.LIMIT,
          "upstream "
              + upstream.name()
              + ": its answer is too large (expected: at most "
              + budget.bodyLimit()
              + " bytes)");
      return;
    }
    if (!ended) {
      var bytes = new byte[size];
      data.readBytes(bytes);
      body.write(bytes, 0, size);
    }
    data.release();
    leg.consumed(size);
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
    leg.over();
    fail(Reason.UNAVAILABLE, "upstream " + upstream.name() + ": " + error + ", " + detail);
  }

  @Override
  public void onClosed() {
    leg.over();
  }
}
