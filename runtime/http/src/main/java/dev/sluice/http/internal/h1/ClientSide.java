package dev.sluice.http.internal.h1;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.Protocol;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.h1.BodyWriter.Framing;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.ClientConnection;
import dev.sluice.http.internal.net.ConnectionFacts;
import dev.sluice.http.internal.net.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Speaks HTTP/1 to an upstream, one exchange at a time. The connection is used again only when both
 * messages were complete, in this order or the other, nothing else had come, and both sides agree.
 */
final class ClientSide extends H1Connection implements ClientConnection {
  /** Octets that a response's head may have. */
  private static final int MAX_HEAD = 256 << 10;

  /** Fields that a response may have. */
  private static final int MAX_FIELDS = 512;

  private final PoolConfig config;
  private final Owner owner;
  private final ResponseParser parser;
  private final BodyDecoder decoder;
  private final HeadWriter writer = new HeadWriter();
  private final Queue<ClientStream> ended = new ArrayDeque<>(2);
  private @Nullable ConnectionFacts facts;
  private @Nullable ClientStream stream;
  private boolean used;
  private boolean retired;
  private boolean headDone;
  private boolean persistent;

  ClientSide(Loop loop, PoolConfig config, Owner owner, LineCache cache) {
    super(loop, MAX_HEAD);
    this.config = config;
    this.owner = owner;
    this.parser = new ResponseParser(loop.names(), MAX_FIELDS, cache);
    this.decoder = new BodyDecoder(loop.names(), MAX_FIELDS, MAX_HEAD, 502);
  }

  HeadWriter writer() {
    return writer;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    super.handlerAdded(ctx);
    facts = ConnectionFacts.of(ctx.channel(), Protocol.HTTP_1_1, config.upstream());
    owner.ready(this);
  }

  @Override
  Object owner() {
    return owner;
  }

  @Override
  @Nullable ClientStream stream() {
    return stream;
  }

  @Override
  public int room() {
    return stream == null && !retired && !isClosed() ? 1 : 0;
  }

  @Override
  public int streams() {
    return stream == null ? 0 : 1;
  }

  @Override
  public HttpStream open(HttpStreamHandler response) {
    var known = facts;
    if (stream != null || known == null) {
      throw new IllegalStateException("the connection is busy");
    }
    var open = new ClientStream(this, known, used);
    open.handler(response);
    used = true;
    headDone = false;
    stream = open;
    touch();
    return open;
  }

  @Override
  public void retire() {
    retired = true;
    if (stream == null && !isClosed()) {
      context().close();
    }
  }

  @Override
  void process(ByteBuf in) {
    while (in.isReadable() && !isClosed()) {
      var open = stream;
      if (open == null || open.isOver()) {
        in.skipBytes(in.readableBytes()); // nobody asked
        retired = true;
        context().close();
        return;
      }
      open.answering();
      if (!headDone) {
        if (!head(in, parser::parse)) {
          return;
        }
        response(open);
      } else if (open.isTunnel()) {
        open.receive(in.readRetainedSlice(in.readableBytes()), false);
      } else if (!decoder.done()) {
        if (!decoder.decode(in, this)) {
          return;
        }
      } else {
        in.skipBytes(in.readableBytes()); // more than the response
        persistent = false;
      }
      if (open.isComplete() && stream == open) {
        finish(open, in.isReadable());
      }
    }
  }

  private void response(ClientStream open) {
    int status = parser.status();
    var headers = parser.headers();
    if (status < 200 && status != 101) {
      open.handler().onInformational(headers);
      return;
    }
    headDone = true;
    persistent = parser.persistent();
    var fields = parser.fields();
    if (status == 101) {
      if (!open.webSocket()) {
        throw new BadMessage(502, "status 101 without a request to upgrade");
      }
      if (open.ownKey()) {
        headers.remove("sec-websocket-accept");
      }
      open.body().begin(Framing.TUNNEL, 0);
      dirty();
      open.handler().onHeaders(headers, false);
      return;
    }
    if (open.webSocket()) {
      open.body().discard();
    }
    if (open.head() || status == 204 || status == 304) {
      decoder.fixed(0);
    } else if (fields.chunked()) {
      decoder.chunked();
    } else if (fields.contentLength() >= 0) {
      decoder.fixed(fields.contentLength());
    } else {
      decoder.untilClose();
      persistent = false;
    }
    boolean end = decoder.done();
    open.inDone(end);
    open.handler().onHeaders(headers, end);
  }

  /** Both messages are complete: the connection is free, and the stream's last callbacks wait. */
  private void finish(ClientStream open, boolean more) {
    stream = null;
    ended.add(open);
    dirty();
    touch();
    updateReading();
    if (persistent && !more && !retired && !inputClosed() && !open.isTunnel()) {
      owner.roomAgain(this);
    } else if (!retired) {
      retired = true;
      owner.retired(this);
    }
  }

  @Override
  void wrote(H1Stream written) {
    var open = (ClientStream) written;
    dirty();
    if (open.body().failed()) {
      open.fail(StreamError.INTERNAL_ERROR, "the body is not as long as its content-length");
      give(open);
    } else if (open.isComplete() && stream == open) {
      finish(open, hasInput());
    }
  }

  @Override
  void reset(H1Stream open, StreamError error) {
    give((ClientStream) open);
  }

  /** Gives up an exchange, and with it the connection. */
  private void give(ClientStream open) {
    decoder.end();
    open.over();
    if (stream == open) {
      stream = null;
      ended.add(open);
    }
    retired = true;
    context().close();
    dirty();
  }

  @Override
  void refuse(BadMessage problem) {
    var open = stream;
    releaseInput();
    retired = true;
    if (open != null) {
      fail(open, StreamError.PROTOCOL_ERROR, problem.detail());
    }
    context().close();
  }

  private void fail(ClientStream open, StreamError error, String detail) {
    stream = null;
    decoder.end();
    if (!open.isOver()) {
      open.over();
      open.handler().onReset(error, detail);
    }
    open.reportClosed();
  }

  @Override
  void report() {
    for (var open = ended.poll(); open != null; open = ended.poll()) {
      open.reportClosed();
    }
    var open = stream;
    if (open != null) {
      open.reportSent();
      if (open.isTunnel() && open.body().done() && !isClosed()) {
        shutdownOutput();
      }
    } else if (retired && !isClosed()) {
      closeWhenSent();
    }
  }

  @Override
  boolean isBacklogged() {
    return false;
  }

  @Override
  void onInputClosed() {
    var open = stream;
    retired = true;
    if (open != null && headDone && open.isTunnel()) {
      open.receive(Unpooled.EMPTY_BUFFER, true);
      if (open.isComplete()) {
        finish(open, false);
      }
      return;
    }
    if (open != null && headDone && decoder.endsWithConnection()) {
      decoder.end();
      open.receive(Unpooled.EMPTY_BUFFER, true);
      open = stream;
    }
    if (open != null && open.inDone()) {
      fail(open, StreamError.NO_ERROR, "the upstream answered before the request was complete");
    } else if (open != null) {
      boolean untouched = open.reused() && !open.answered();
      fail(
          open,
          untouched ? StreamError.REFUSED_STREAM : StreamError.CONNECTION_LOST,
          untouched
              ? "the upstream closed a reused connection before it answered anything"
              : "the upstream closed the connection");
    }
    context().close();
  }

  @Override
  void onClosed() {
    retired = true;
    for (var open = ended.poll(); open != null; open = ended.poll()) {
      open.reportClosed();
    }
    if (stream != null) {
      fail(stream, StreamError.CONNECTION_LOST, "the connection was lost");
    }
    owner.closed(this, null, "");
  }

  @Override
  public void tick(long now) {
    long limit = config.idleTimeout().toMillis();
    if (stream == null && limit > 0 && now - lastActivity() > limit) {
      retire();
    }
  }

  @Override
  public void drain() {
    retire();
  }
}
