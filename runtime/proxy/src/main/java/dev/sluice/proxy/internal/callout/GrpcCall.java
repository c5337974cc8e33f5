package dev.sluice.proxy.internal.callout;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.Protocol;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.TimerWheel;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Is one gRPC call of a plugin. Belongs to the loop; {@link #send}, {@link #halfClose} and {@link
 * #cancel} may be called from the thread of the VM, in order.
 *
 * <p>Memory is bounded both ways: what waits to be sent by the budget's limit, what was received by
 * the window, which opens again when the plugin has taken the messages.
 */
final class GrpcCall implements GrpcCallouts.Call, HttpStreamHandler, UpstreamLeg.Listener {
  private final CalloutBudget budget;
  private final Upstream upstream;
  private final UpstreamLeg leg;
  private final Headers request;
  private final @Nullable Duration timeout;
  private final GrpcCallouts.Receiver receiver;
  private final GrpcFrames frames;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this::timedOut);

  private final AtomicInteger unsent = new AtomicInteger();
  private final ArrayDeque<Runnable> beforeOpened = new ArrayDeque<>();
  private @Nullable HttpStream stream;
  private boolean sendingEnded;
  private boolean ended;
  private int undelivered;
  private int owed;

  GrpcCall(
      CalloutBudget budget,
      Upstream upstream,
      Headers request,
      @Nullable Duration timeout,
      GrpcCallouts.Receiver receiver) {
    this.budget = budget;
    this.upstream = upstream;
    this.leg = new UpstreamLeg(upstream, budget.loop(), this);
    this.request = request;
    this.timeout = timeout;
    this.receiver = receiver;
    this.frames = new GrpcFrames(budget.bodyLimit());
  }

  void start() {
    if (!ended) {
      if (timeout != null) {
        budget.loop().timers().start(timer, timeout.toNanos());
      }
      leg.open(this);
    }
  }

  @Override
  public void send(byte[] message, boolean endOfStream) {
    int waiting = unsent.addAndGet(message.length);
    if (waiting > budget.bodyLimit()) {
      unsent.addAndGet(-message.length);
      throw new ServiceException(
          Reason.LIMIT,
          "upstream %s: %d bytes wait to be sent by gRPC (expected: at most %d)"
              .formatted(upstream.name(), waiting, budget.bodyLimit()));
    }
    var copy = message.clone();
    budget.owner().execute(() -> whenOpened(() -> write(copy, endOfStream)));
  }

  @Override
  public void halfClose() {
    budget.owner().execute(() -> whenOpened(() -> write(null, true)));
  }

  @Override
  public void cancel() {
    budget
        .loop()
        .eventLoop()
        .execute(() -> finish(new GrpcStatus(GrpcStatus.CANCELLED, "the call was cancelled")));
  }

  private void whenOpened(Runnable write) {
    if (stream != null) {
      write.run();
    } else if (!ended) {
      beforeOpened.add(write);
    }
  }

  private void write(byte @Nullable [] message, boolean last) {
    var to = stream;
    if (to == null || ended || sendingEnded) {
      return;
    }
    sendingEnded = last;
    to.sendData(message == null ? Unpooled.EMPTY_BUFFER : GrpcFrames.frame(message), last);
    // The prefix is not counted, the message is: onSent counts both.
    if (message != null) {
      unsent.addAndGet(GrpcFrames.PREFIX);
    }
  }

  private void timedOut() {
    finish(
        new GrpcStatus(
            GrpcStatus.DEADLINE_EXCEEDED,
            "upstream " + upstream.name() + ": no answer within " + timeout));
  }

  @Override
  public void opened(HttpStream to) {
    if (to.connection().protocol() != Protocol.HTTP_2) {
      to.reset(StreamError.CANCEL);
      unavailable(
          "upstream " + upstream.name() + ": speaks HTTP/1.1 (expected: HTTP/2; protocol: h2)");
      return;
    }
    stream = to;
    to.sendHeaders(request, false);
    for (Runnable write; (write = beforeOpened.poll()) != null; ) {
      write.run();
    }
  }

  @Override
  public void unavailable(String reason) {
    finish(new GrpcStatus(GrpcStatus.UNAVAILABLE, reason));
  }

  @Override
  public void onHeaders(Headers headers, boolean last) {
    var status = headers.get(":status", "");
    if (!status.equals("200")) {
      finish(GrpcStatus.ofHttp(status));
    } else if (last) {
      // "Trailers-Only": the trailers stand where the headers would.
      deliver(() -> receiver.onInitialMetadata(new Headers(0)));
      onTrailers(headers);
    } else if (!headers.get("content-type", "").startsWith("application/grpc")) {
      finish(
          new GrpcStatus(
              GrpcStatus.UNKNOWN,
              "content-type: \""
                  + headers.get("content-type", "")
                  + "\" (expected: application/grpc)"));
    } else {
      deliver(() -> receiver.onInitialMetadata(headers));
    }
  }

  @Override
  public void onData(ByteBuf data, boolean last) {
    int size = data.readableBytes();
    owed += size;
    try {
      if (!ended) {
        frames.read(data, this::message);
      }
    } catch (GrpcFrames.Refused e) {
      finish(new GrpcStatus(e.status(), "upstream " + upstream.name() + ": " + e.getMessage()));
    } finally {
      data.release();
    }
    credit();
    if (last) {
      finish(
          new GrpcStatus(
              frames.isInside() ? GrpcStatus.INTERNAL : GrpcStatus.UNKNOWN,
              "upstream " + upstream.name() + ": the answer ended without trailers"));
    }
  }

  private void message(byte[] message) {
    undelivered++;
    deliver(
        () -> {
          receiver.onMessage(message);
          budget.loop().eventLoop().execute(this::delivered);
        });
  }

  private void delivered() {
    undelivered--;
    credit();
  }

  /** Opens the window again once the plugin has taken what it brought. */
  private void credit() {
    if (undelivered == 0 && owed > 0) {
      int bytes = owed;
      owed = 0;
      leg.consumed(bytes);
    }
  }

  @Override
  public void onTrailers(Headers trailers) {
    if (!ended) {
      finish(GrpcStatus.of(trailers), trailers);
    }
  }

  @Override
  public void onSent(int bytes) {
    unsent.addAndGet(-bytes);
  }

  @Override
  public void onReset(StreamError error, String detail) {
    leg.over();
    var code =
        error == StreamError.REFUSED_STREAM || error == StreamError.CONNECTION_LOST
            ? GrpcStatus.UNAVAILABLE
            : GrpcStatus.INTERNAL;
    finish(new GrpcStatus(code, "upstream " + upstream.name() + ": " + error + ", " + detail));
  }

  @Override
  public void onClosed() {
    leg.over();
  }

  private void deliver(Runnable callback) {
    budget.owner().execute(callback);
  }

  private void finish(GrpcStatus status) {
    finish(status, new Headers(0));
  }

  private void finish(GrpcStatus status, Headers trailers) {
    if (ended) {
      return;
    }
    ended = true;
    beforeOpened.clear();
    budget.loop().timers().stop(timer);
    leg.abandon();
    budget.ended(
        () -> {
          receiver.onTrailingMetadata(trailers);
          receiver.onClose(status.code(), status.message());
        });
  }
}
