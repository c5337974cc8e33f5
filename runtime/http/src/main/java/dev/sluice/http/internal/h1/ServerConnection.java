package dev.sluice.http.internal.h1;

import dev.sluice.http.StreamError;
import dev.sluice.http.internal.h1.BodyWriter.Framing;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.ConnectionFacts;
import dev.sluice.http.internal.net.ListenerSide;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Serves a client over HTTP/1, one request after another: requests that come while one is being
 * answered wait in a bounded buffer.
 *
 * <p>A client that closes its sending side is taken for gone, and its exchange is reset, unless it
 * had announced that it would send no other request ({@code connection: close}), or the connection
 * is a tunnel: then it may still be listening.
 */
final class ServerConnection extends H1Connection {
  /** Bytes of further requests that are read ahead. */
  private static final int PIPELINED = 64 << 10;

  /** Milliseconds for which what a client still sends is read and dropped, so that it can read. */
  private static final long LINGER = 2_000;

  private final ListenerSide listener;
  private final RequestParser parser;
  private final BodyDecoder decoder;
  private final HeadWriter writer = new HeadWriter();
  private @Nullable ConnectionFacts facts;
  private @Nullable ServerStream stream;
  private boolean draining;
  private boolean lingering;
  private boolean cut;
  private long lingerUntil;
  private long requestBegan;

  /** When one direction of the exchange ended before the other; 0 when none did. */
  private long halfSince;

  ServerConnection(ListenerSide listener) {
    super(listener.loop(), listener.config().limits().headerBytes());
    this.listener = listener;
    var limits = listener.config().limits();
    var names = listener.loop().names();
    this.parser = new RequestParser(names, limits.headers(), listener.scheme());
    this.decoder = new BodyDecoder(names, limits.headers(), limits.headerBytes(), 400);
  }

  HeadWriter writer() {
    return writer;
  }

  boolean isDraining() {
    return draining;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    super.handlerAdded(ctx);
    draining = listener.state().isDraining();
  }

  @Override
  Object owner() {
    return listener.state();
  }

  @Override
  @Nullable ServerStream stream() {
    return stream;
  }

  @Override
  void process(ByteBuf in) {
    while (in.isReadable() && !isClosed()) {
      var open = stream;
      if (lingering || (open != null && open.isOver())) {
        in.skipBytes(in.readableBytes());
      } else if (open == null) {
        if (!request(in)) {
          return;
        }
      } else if (open.isTunnel()) {
        open.receive(in.readRetainedSlice(in.readableBytes()), false);
      } else if (!open.inDone() && !open.webSocket()) {
        if (!decoder.decode(in, this)) {
          return;
        }
        if (open.isComplete()) {
          dirty(); // the answer was there first, and nothing else will report the end
        }
      } else {
        return;
      }
    }
  }

  private boolean request(ByteBuf in) {
    if (requestBegan == 0) {
      requestBegan = loop().now();
    }
    while (in.getByte(in.readerIndex()) == '\r' || in.getByte(in.readerIndex()) == '\n') {
      in.skipBytes(1); // RFC 9112 section 2.2: empty lines before a request are ignored
      if (!in.isReadable()) {
        return false;
      }
    }
    if (!head(in, parser::parse)) {
      return false;
    }
    var known = facts;
    if (known == null) {
      known = ConnectionFacts.of(context().channel(), parser.version(), listener.config().name());
    }
    known = known.with(parser.version());
    facts = known;
    var open = new ServerStream(this, known, parser);
    stream = open;
    halfSince = 0;
    open.handler(listener.handler().begin(open));
    var fields = parser.fields();
    if (fields.chunked()) {
      decoder.chunked();
    } else {
      decoder.fixed(Math.max(fields.contentLength(), 0));
    }
    boolean end = decoder.done() && !open.webSocket();
    open.inDone(end);
    open.handler().onHeaders(parser.headers(), end);
    return true;
  }

  @Override
  void refuse(BadMessage problem) {
    var open = stream;
    releaseInput();
    if (open != null) {
      boolean begun = open.body().framing() != Framing.NOT_BEGUN;
      end(open, StreamError.PROTOCOL_ERROR, problem.detail());
      if (begun) {
        abruptly();
        return;
      }
    }
    if (problem.status() == BadMessage.NO_ANSWER) {
      context().close();
    } else {
      answer(problem.status());
    }
  }

  /** Answers in place of a handler, and closes. */
  private void answer(int status) {
    var document = BadMessage.problem(status);
    writer.response(loop().scratch(1024), status);
    writer.field("content-type", "application/problem+json");
    writer.field("content-length", Integer.toString(document.length));
    writer.field("connection", "close");
    writer.end(outbox());
    outbox().write(document, 0, document.length);
    linger();
  }

  /** Ends a stream from this side: tells its handler, at once. */
  private void end(ServerStream open, StreamError error, String detail) {
    stream = null;
    decoder.end();
    if (!open.isOver()) {
      open.over();
      open.handler().onReset(error, detail);
    }
    open.reportClosed();
  }

  @Override
  void wrote(H1Stream written) {
    var open = (ServerStream) written;
    dirty();
    if (open.body().failed()) {
      decoder.end();
      open.fail(StreamError.INTERNAL_ERROR, "the body is not as long as its content-length");
      abruptly();
    } else if (open.body().done() && !open.inDone()) {
      if (open.webSocket() && !open.isTunnel()) {
        open.inDone(true); // the upgrade was refused, and the request had no body
      } else if (!open.persistent() && !open.isTunnel()) {
        cut = true;
      } else if (halfSince == 0) {
        halfSince = loop().now();
      }
    }
  }

  @Override
  void reset(H1Stream open, StreamError error) {
    decoder.end();
    if (open.body().ending() && error == StreamError.NO_ERROR) {
      open.inDone(true); // what was sent is to arrive first
      ((ServerStream) open).last();
    } else {
      open.over();
      abruptly();
    }
    dirty();
  }

  /** Closes, after what was sent so far, so that the client cannot take that for complete. */
  private void abruptly() {
    outbox().flush();
    var open = stream;
    if (open != null && open.body().framing() == Framing.CLOSE) {
      context().channel().config().setOption(ChannelOption.SO_LINGER, 0);
    }
    context().close();
  }

  @Override
  void report() {
    var open = stream;
    if (open == null || !open.hasHandler()) {
      return;
    }
    open.reportSent();
    if (stream == open && open.isTunnel() && hasInput()) {
      process(); // what came before the upgrade was agreed on
    }
    if (stream != open) {
      return;
    }
    if (cut && !open.isOver()) {
      end(open, StreamError.NO_ERROR, "answered before the request was complete");
      linger();
    } else if (open.isOver() || open.isComplete()) {
      boolean next = open.persistent() && !open.isOver() && !draining;
      stream = null;
      touch();
      open.reportClosed();
      if (next && !inputClosed()) {
        requestBegan = hasInput() ? loop().now() : 0;
        process();
        updateReading();
      } else if (!open.isOver()) {
        linger();
      }
    } else if (open.isTunnel() && open.body().done() && !isClosed()) {
      shutdownOutput();
    }
  }

  /**
   * Sends what is left, then the end, and waits a little for the client's: closing with bytes
   * unread would make the kernel take back what the client has not read yet.
   */
  private void linger() {
    if (lingering || isClosed()) {
      return;
    }
    lingering = true;
    lingerUntil = loop().now() + LINGER;
    releaseInput();
    if (inputClosed()) {
      closeWhenSent();
    } else {
      shutdownOutput();
      updateReading();
    }
  }

  @Override
  boolean isBacklogged() {
    var waiting = in();
    return waiting != null && stream != null && waiting.readableBytes() > PIPELINED;
  }

  @Override
  void onInputClosed() {
    var open = stream;
    if (open == null) {
      context().close();
    } else if (open.isTunnel()) {
      open.receive(Unpooled.EMPTY_BUFFER, true);
      halfSince = loop().now();
      dirty();
    } else if (!open.inDone() || open.persistent() || open.webSocket()) {
      end(open, StreamError.CONNECTION_LOST, "the client closed the connection");
      context().close();
    }
  }

  @Override
  void onClosed() {
    var open = stream;
    if (open != null && open.hasHandler()) {
      end(open, StreamError.CONNECTION_LOST, "the client closed the connection");
    }
  }

  @Override
  public void tick(long now) {
    var timeouts = listener.config().timeouts();
    var open = stream;
    if (lingering) {
      if (now >= lingerUntil) {
        context().close();
      }
    } else if (open != null) {
      if (isLate(now, requestBegan, timeouts.request()) && !open.inDone() && !open.isTunnel()) {
        late(open, "the request was not complete in time");
      } else if (isLate(now, lastActivity(), timeouts.stream())) {
        late(open, "nothing moved on the stream");
      } else if (halfSince != 0 && now - halfSince > LINGER) {
        half(open, now);
      }
    } else if (hasInput()) {
      if (isLate(now, requestBegan, timeouts.headers())) {
        answer(408);
      }
    } else if (isLate(now, lastActivity(), timeouts.idle())) {
      context().close();
    }
  }

  /**
   * Ends an exchange of which one direction ended a while ago. A client that goes on sending its
   * request after the whole answer will not stop by itself, and one that closed its half of a
   * WebSocket has gone: that protocol has no half-closed connections (RFC 6455 section 7.1.1).
   */
  private void half(ServerStream open, long now) {
    if (!open.isTunnel() && open.body().done() && !open.inDone()) {
      end(open, StreamError.NO_ERROR, "answered before the request was complete");
      linger();
    } else if (open.isTunnel() && open.inDone() && now - lastActivity() > LINGER) {
      end(open, StreamError.CONNECTION_LOST, "the client closed the connection");
      context().close();
    }
  }

  private static boolean isLate(long now, long since, Duration timeout) {
    return !timeout.isZero() && now - since > timeout.toMillis();
  }

  private void late(ServerStream open, String detail) {
    boolean begun = open.body().framing() != Framing.NOT_BEGUN;
    if (begun) {
      abruptly();
    }
    end(open, StreamError.TIMEOUT, detail);
    if (!begun) {
      answer(408);
    }
  }

  @Override
  public void drain() {
    draining = true;
    var open = stream;
    if (open == null) {
      if (!hasInput()) {
        context().close();
      }
    } else {
      open.last();
    }
  }
}
