package dev.sluice.http.internal.h2;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.SendQueue;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * Is one stream. Calls of the handler that follow from calls of this stream are made at the end of
 * the loop's turn, so that the handler is never re-entered.
 */
final class H2Stream implements HttpStream {
  /** Bytes that one stream writes before the next has its turn. */
  private static final int TURN = 16 << 10;

  private final H2Connection connection;
  private @Nullable HttpStreamHandler handler;
  private @Nullable Http2Stream stream;

  // Sending.
  private @Nullable SendQueue queue;
  private @Nullable Headers trailers;
  private int sendWindow;
  private int sent;
  private boolean headersSent;
  private boolean discarding;
  private boolean ending;
  private boolean outDone;
  private boolean ready;
  private boolean unwritable;

  // Receiving.
  private int receiveWindow = Flow.WINDOW;
  private int unconsumed;
  private int credit;
  private long expected = -1;
  private long arrived;
  private boolean inDone;

  // The end.
  private boolean over;
  private boolean counted;
  private boolean resetAfterEnd;
  private boolean reporting;
  private boolean closedReported;
  private @Nullable StreamError resetError;
  private String resetDetail = "";

  private boolean head;
  private boolean webSocket;
  private long lastMove;
  private final long began;

  H2Stream(H2Connection connection, long now) {
    this.connection = connection;
    this.began = now;
    this.lastMove = now;
  }

  void handler(HttpStreamHandler receiver) {
    handler = receiver;
  }

  HttpStreamHandler handler() {
    var receiver = handler;
    if (receiver == null) {
      throw new IllegalStateException("the stream has no handler yet");
    }
    return receiver;
  }

  /** Binds this to the stream of Netty's that stands for it on the connection. */
  void bind(Http2Stream to, int window) {
    stream = to;
    sendWindow = window;
    counted = true;
  }

  boolean isBound() {
    return stream != null;
  }

  Http2Stream stream() {
    var bound = stream;
    if (bound == null) {
      throw new IllegalStateException("the stream is not open yet");
    }
    return bound;
  }

  int id() {
    return stream().id();
  }

  boolean isOver() {
    return over;
  }

  boolean inDone() {
    return inDone;
  }

  void inDone(boolean done) {
    inDone = done;
  }

  boolean outDone() {
    return outDone;
  }

  boolean headersSent() {
    return headersSent;
  }

  boolean isHead() {
    return head;
  }

  void head(boolean is) {
    head = is;
  }

  boolean webSocket() {
    return webSocket;
  }

  void webSocket(boolean is) {
    webSocket = is;
  }

  long began() {
    return began;
  }

  long lastMove() {
    return lastMove;
  }

  void touch(long now) {
    lastMove = now;
  }

  /** Takes this stream out of the count of open ones, once. */
  boolean uncount() {
    boolean was = counted;
    counted = false;
    return was;
  }

  // Receiving: called by the connection.

  void expect(long contentLength) {
    expected = contentLength;
  }

  /** Counts body bytes, and returns whether they agree with the content-length. */
  boolean arrived(int bytes, boolean end) {
    arrived += bytes;
    return expected < 0 || (end ? arrived == expected : arrived <= expected);
  }

  /** Counts flow-controlled bytes, and returns whether the window allowed them. */
  boolean received(int bytes) {
    receiveWindow -= bytes;
    unconsumed += bytes;
    return receiveWindow >= 0;
  }

  int unconsumed() {
    return unconsumed;
  }

  int receiveWindow() {
    return receiveWindow;
  }

  @Override
  public void consumed(int bytes) {
    int taken = Math.min(bytes, unconsumed);
    if (taken <= 0) {
      return;
    }
    unconsumed -= taken;
    connection.receiveFlow().hold(-taken);
    connection.receiveFlow().refill();
    credit += taken;
    if (credit >= Flow.WINDOW / 2 && !inDone && !over) {
      receiveWindow += credit;
      connection.windowUpdate(id(), credit);
      credit = 0;
    }
  }

  // Sending: windows.

  int sendWindow() {
    return sendWindow;
  }

  void adjustSendWindow(int delta) {
    sendWindow += delta;
    if (canSend()) {
      connection.sendFlow().ready(this);
    }
  }

  boolean enterReady() {
    boolean entered = !ready;
    ready = true;
    return entered;
  }

  void leaveReady() {
    ready = false;
  }

  boolean hasQueued() {
    return queued() > 0;
  }

  private int queued() {
    return queue == null ? 0 : queue.bytes();
  }

  /** Returns whether there is something to send that the stream's window allows. */
  boolean canSend() {
    return queued() > 0 && sendWindow > 0 && !over;
  }

  /** Writes about one frame, and returns whether anything was written. */
  boolean writeTurn(int connectionWindow) {
    var waiting = queue == null ? null : queue.peek();
    if (waiting == null || queue == null || over) {
      return false;
    }
    int allowed = Math.min(Math.min(sendWindow, connectionWindow), TURN);
    int length = Math.min(allowed, waiting.readableBytes());
    if (length <= 0) {
      return false;
    }
    var data = queue.take(length);
    boolean last = queued() == 0 && ending && trailers == null;
    write(data, length, last);
    if (last) {
      ended();
    } else {
      finishIfEmpty();
    }
    connection.report(this);
    return true;
  }

  private void write(ByteBuf data, int length, boolean end) {
    sendWindow -= length;
    sent += length;
    connection.sendFlow().sent(length);
    connection.frames().data(id(), data, length, end);
    lastMove = connection.loop().now();
  }

  // Sending: called by the handler.

  @Override
  public EventLoop loop() {
    return connection.loop().eventLoop();
  }

  @Override
  public ConnectionInfo connection() {
    return connection.facts();
  }

  @Override
  public void sendInformational(Headers headers) {
    if (!over && !headersSent && connection.isServer()) {
      connection.sendHeaders(this, headers, false, true);
    }
  }

  @Override
  public void sendHeaders(Headers headers, boolean end) {
    if (over || headersSent) {
      return;
    }
    headersSent = true;
    ending = end;
    connection.sendHeaders(this, headers, end, false);
    if (end && !over) {
      outDone = true;
      connection.outEnded(this);
    }
    connection.report(this);
  }

  /** Drops the payload that follows: the message has none. */
  void discardPayload() {
    discarding = true;
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    if (over || ending || !headersSent) {
      data.release();
      return;
    }
    ending = end;
    int length = data.readableBytes();
    if (discarding) {
      sent += length;
      data.release();
    } else if (length == 0) {
      data.release();
    } else if (queued() == 0
        && length <= sendWindow
        && length <= connection.sendFlow().window()
        && connection.outbox().isWritable()
        && !connection.sendFlow().isContended()) {
      write(data, length, end);
      if (end) {
        ended();
      }
    } else {
      enqueue(data);
    }
    finishIfEmpty();
    connection.report(this);
  }

  private void enqueue(ByteBuf data) {
    if (queue == null) {
      queue = new SendQueue();
    }
    queue.add(data);
    unwritable |= queue.bytes() > Flow.HIGH;
    if (canSend()) {
      connection.sendFlow().ready(this);
    }
  }

  @Override
  public void sendTrailers(Headers fields) {
    if (over || ending || !headersSent) {
      return;
    }
    ending = true;
    trailers = fields.isEmpty() ? null : fields;
    finishIfEmpty();
    connection.report(this);
  }

  private void finishIfEmpty() {
    if (ending && queued() == 0 && !outDone && !over) {
      if (trailers != null) {
        connection.frames().headers(id(), trailers, true);
      } else {
        connection.frames().end(id());
      }
      ended();
    }
  }

  private void ended() {
    outDone = true;
    connection.outEnded(this);
    if (resetAfterEnd && !over) {
      connection.resetStream(this, StreamError.NO_ERROR);
    }
  }

  @Override
  public void reset(StreamError error) {
    if (over) {
      return;
    }
    if (error == StreamError.NO_ERROR && ending && !outDone) {
      resetAfterEnd = true; // what was sent is to arrive first
    } else {
      connection.resetStream(this, error);
    }
  }

  /** Returns whether what still comes is of no interest. */
  boolean isMuted() {
    return over || resetAfterEnd;
  }

  @Override
  public boolean isWritable() {
    return !unwritable;
  }

  // The end: called by the connection.

  /** Ends the stream; the handler is told with the next report. */
  void fail(StreamError error, String detail) {
    if (!over && resetError == null) {
      resetError = error;
      resetDetail = detail;
    }
    end(false);
  }

  /**
   * Ends the stream: what is queued is discarded and counts as sent.
   *
   * @param complete whether both messages are complete: then the handler still has bytes to return
   */
  void end(boolean complete) {
    if (over) {
      return;
    }
    over = true;
    if (queue != null) {
      sent += queue.discard();
    }
    if (unconsumed > 0 && !complete) {
      // The handler may never return them; the connection must not wait for it.
      connection.receiveFlow().hold(-unconsumed);
      connection.receiveFlow().refill();
      unconsumed = 0;
    }
    connection.report(this);
  }

  /** Returns whether this is the first to ask for a report since the last one. */
  boolean enterReport() {
    boolean entered = !reporting;
    reporting = true;
    return entered;
  }

  /** Makes the callbacks that have waited. */
  void report() {
    reporting = false;
    if (closedReported || handler == null) {
      return;
    }
    int bytes = sent;
    sent = 0;
    if (bytes > 0) {
      handler().onSent(bytes);
    }
    if (unwritable && queued() < Flow.LOW) {
      unwritable = false;
      if (!over && !ending) {
        handler().onWritable();
      }
    }
    if (over && !closedReported) {
      closedReported = true;
      if (resetError != null) {
        handler().onReset(resetError, resetDetail);
      }
      handler().onClosed();
    }
  }

  /** Hands bytes to the handler. */
  void deliver(ByteBuf data, boolean end) {
    inDone |= end;
    handler().onData(data, end);
  }

  /** Ends what comes in. */
  void deliverEnd() {
    deliver(Unpooled.EMPTY_BUFFER, true);
  }
}
