package dev.sluice.proxy.internal.callout;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Opens the stream of one call to an endpoint of its upstream, and keeps the upstream's books.
 * Belongs to the loop.
 */
final class UpstreamLeg implements HttpClient.OpenCallback {
  /** Learns whether there is a stream. */
  interface Listener {
    /** There is: the request can be sent. */
    void opened(HttpStream stream);

    /** There is none, for the reason given. */
    void unavailable(String reason);
  }

  private final Upstream upstream;
  private final LoopState loop;
  private final Listener listener;

  private @Nullable Endpoint endpoint;
  private HttpClient.@Nullable Pending pending;
  private @Nullable HttpStream stream;
  private boolean waiting;
  private boolean counted;

  UpstreamLeg(Upstream upstream, LoopState loop, Listener listener) {
    this.upstream = upstream;
    this.loop = loop;
    this.listener = listener;
  }

  void open(HttpStreamHandler handler) {
    var chosen = upstream.choose(loop.number(), ThreadLocalRandom.current().nextInt() >>> 1, null);
    if (chosen == null || !upstream.begin(loop.number(), chosen, false)) {
      listener.unavailable(
          "upstream "
              + upstream.name()
              + (chosen == null ? ": no endpoint" : ": too many requests"));
      return;
    }
    endpoint = chosen;
    waiting = true;
    counted = true;
    var opening = upstream.client(loop.number()).open(chosen.address(), handler, this);
    if (waiting) {
      pending = opening;
    }
  }

  /** Gives up what is not over. */
  void abandon() {
    if (waiting) {
      notWaiting();
      if (pending != null) {
        pending.cancel();
      }
      over();
    } else if (stream != null) {
      stream.reset(StreamError.CANCEL);
    }
  }

  /** The stream is over, however it ended. */
  void over() {
    if (counted && endpoint != null) {
      counted = false;
      upstream.end(loop.number(), endpoint, false);
    }
  }

  /** Returns received bytes to the upstream's window. */
  void consumed(int bytes) {
    if (stream != null && bytes > 0) {
      stream.consumed(bytes);
    }
  }

  private void notWaiting() {
    if (waiting) {
      waiting = false;
      upstream.connected(loop.number());
    }
  }

  @Override
  public void opened(HttpStream to) {
    stream = to;
    notWaiting();
    listener.opened(to);
  }

  @Override
  public void failed(StreamError error, String detail) {
    notWaiting();
    over();
    listener.unavailable("upstream " + upstream.name() + ": " + detail);
  }
}
