package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the windows that the peer grants (RFC 9113 section 5.2), and lets the streams that have
 * something to send take turns, one frame each.
 */
final class SendFlow implements Http2RemoteFlowController {
  private static final int MAX_WINDOW = Integer.MAX_VALUE;

  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Queue<H2Stream> ready = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable H2Connection owner;
  private int window = 65_535;
  private int initialWindow = 65_535;

  SendFlow(Http2Connection connection, Http2Connection.PropertyKey key) {
    this.connection = connection;
    this.key = key;
  }

  void owner(H2Connection handler) {
    owner = handler;
  }

  /** Returns the bytes that may be sent over all streams. */
  int window() {
    return window;
  }

  /** Counts sent bytes. */
  void sent(int bytes) {
    window -= bytes;
  }

  /** Returns whether another stream waits for its turn. */
  boolean isContended() {
    return !ready.isEmpty();
  }

  /** Lets a stream with something to send take its turn. */
  void ready(H2Stream stream) {
    if (stream.enterReady()) {
      ready.add(stream);
    }
  }

  /** Writes what windows and channel take, and returns whether that was anything. */
  boolean pump() {
    boolean any = false;
    while (window > 0 && owner != null && owner.outbox().isWritable()) {
      var stream = ready.poll();
      if (stream == null) {
        break;
      }
      stream.leaveReady();
      any |= stream.writeTurn(window);
      if (stream.canSend()) {
        ready(stream);
      }
    }
    return any;
  }

  @Override
  public void channelHandlerContext(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public @Nullable ChannelHandlerContext channelHandlerContext() {
    return context;
  }

  @Override
  public void initialWindowSize(int size) throws Http2Exception {
    int delta = size - initialWindow;
    initialWindow = size;
    connection.forEachActiveStream(
        stream -> {
          H2Stream own = stream.getProperty(key);
          if (own != null) {
            if ((long) own.sendWindow() + delta > MAX_WINDOW) {
              throw connectionError(FLOW_CONTROL_ERROR, "SETTINGS overflow a window");
            }
            own.adjustSendWindow(delta);
          }
          return true;
        });
    wake();
  }

  @Override
  public int initialWindowSize() {
    return initialWindow;
  }

  @Override
  public int windowSize(Http2Stream stream) {
    H2Stream own = stream.getProperty(key);
    return own == null ? window : own.sendWindow();
  }

  @Override
  public void incrementWindowSize(Http2Stream stream, int delta) throws Http2Exception {
    if (stream.id() == 0) {
      if ((long) window + delta > MAX_WINDOW) {
        throw connectionError(FLOW_CONTROL_ERROR, "WINDOW_UPDATE overflows the connection window");
      }
      window += delta;
    } else {
      H2Stream own = stream.getProperty(key);
      if (own == null) {
        return;
      }
      if ((long) own.sendWindow() + delta > MAX_WINDOW) {
        throw streamError(stream.id(), FLOW_CONTROL_ERROR, "WINDOW_UPDATE overflows the window");
      }
      own.adjustSendWindow(delta);
    }
    wake();
  }

  private void wake() {
    if (owner != null) {
      owner.dirty();
    }
  }

  @Override
  public void addFlowControlled(Http2Stream stream, FlowControlled payload) {
    throw new UnsupportedOperationException("streams queue what they send themselves");
  }

  @Override
  public boolean hasFlowControlled(Http2Stream stream) {
    H2Stream own = stream.getProperty(key);
    return own != null && own.hasQueued();
  }

  @Override
  public void writePendingBytes() {
    wake();
  }

  @Override
  public void listener(Listener listener) {
    // Writability is told to the handlers of streams, not to Netty.
  }

  @Override
  public boolean isWritable(Http2Stream stream) {
    return windowSize(stream) > 0;
  }

  @Override
  public void channelWritabilityChanged() {
    wake();
  }

  @Override
  public void updateDependencyTree(
      int childStreamId, int parentStreamId, short weight, boolean exclusive) {
    // RFC 9113 section 5.3.2: the priorities of RFC 7540 are deprecated, and ignored here.
  }
}
