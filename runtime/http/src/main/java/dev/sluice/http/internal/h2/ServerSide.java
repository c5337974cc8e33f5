package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.hpack.Carrier;
import dev.sluice.http.internal.hpack.HeaderList;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.Statuses;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;

/** Serves a client over HTTP/2. */
final class ServerSide extends H2Connection {
  /** What the PING carries that measures when the client has seen the first GOAWAY. */
  private static final long DRAIN_PING = 0x736c75696365L;

  /** Milliseconds after which the first GOAWAY counts as seen. */
  private static final long DRAIN_WAIT = 1_000;

  private final ListenerSide listener;
  private boolean settled;
  private boolean draining;
  private long secondGoAway;

  ServerSide(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Parts parts,
      ListenerSide listener) {
    super(decoder, encoder, settings, parts);
    this.listener = listener;
  }

  @Override
  Object owner() {
    return listener.state();
  }

  @Override
  String ownerName() {
    return listener.config().name();
  }

  @Override
  boolean isServer() {
    return true;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    super.handlerAdded(ctx);
    if (listener.state().isDraining()) {
      drain();
    }
  }

  /** Returns what Netty tells of frames that came. */
  Events events() {
    return new Events();
  }

  final class Events extends FrameEvents {
    Events() {
      super(ServerSide.this);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
      settled = true;
      super.onSettingsRead(ctx, settings);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      touch();
      var list = ((Carrier) headers).list();
      var known = stream(streamId);
      if (known != null) {
        trailers(known, list);
      } else {
        request(streamId, list, end);
      }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
      if (data == DRAIN_PING && secondGoAway > 0) {
        secondGoAway = loop().now();
        tick(secondGoAway);
      }
    }
  }

  private void request(int streamId, HeaderList list, boolean end) throws Http2Exception {
    var stream = new H2Stream(this, loop().now());
    bind(stream, connection().stream(streamId));
    list.checkRequest();
    var headers = list.headers();
    if (list.tooLarge()) {
      answer(stream, 431, end);
      return;
    }
    if (list.problem() != null) {
      stream.handler(Unhandled.INSTANCE);
      throw streamError(streamId, PROTOCOL_ERROR, "%s", list.problem());
    }
    stream.head("HEAD".equals(headers.method()));
    stream.expect(list.contentLength());
    if (!stream.arrived(0, end)) {
      stream.handler(Unhandled.INSTANCE);
      throw streamError(streamId, PROTOCOL_ERROR, "the body is not as long as its content-length");
    }
    if (headers.authority() == null) {
      answer(stream, 400, end);
      return;
    }
    if ("CONNECT".equals(headers.method()) && !upgrade(stream, headers)) {
      answer(stream, headers.contains(":protocol") ? 501 : 405, end);
      return;
    }
    HttpStreamHandler handler = listener.handler().begin(stream);
    stream.handler(handler);
    stream.inDone(end);
    try {
      handler.onHeaders(headers, end);
    } catch (RuntimeException e) {
      failed(stream, e);
    }
  }

  /** Shows an extended CONNECT (RFC 8441) as what it is on HTTP/1: a request to upgrade. */
  private static boolean upgrade(H2Stream stream, Headers headers) {
    if (!"websocket".equalsIgnoreCase(headers.get(":protocol"))) {
      return false;
    }
    headers.remove(":protocol");
    headers.setTrusted(headers.indexOf(":method", 0), "GET");
    headers.addTrusted("upgrade", "websocket");
    stream.webSocket(true);
    return true;
  }

  private static void trailers(H2Stream stream, HeaderList list) throws Http2Exception {
    list.checkTrailers();
    if (list.problem() != null || list.tooLarge() || !stream.arrived(0, true)) {
      throw streamError(
          stream.id(),
          PROTOCOL_ERROR,
          "trailers: %s",
          list.problem() == null ? "too large, or the body was cut" : list.problem());
    }
    if (stream.isMuted()) {
      return;
    }
    if (list.headers().isEmpty()) {
      stream.deliverEnd();
    } else {
      stream.inDone(true);
      stream.handler().onTrailers(list.headers());
    }
  }

  /** Answers in place of a handler. */
  private static void answer(H2Stream stream, int status, boolean end) {
    stream.handler(Unhandled.INSTANCE);
    stream.inDone(end);
    var document = BadMessage.problem(status);
    stream.sendHeaders(
        Headers.of(
            ":status",
            Statuses.text(status),
            "content-type",
            "application/problem+json",
            "content-length",
            Integer.toString(document.length)),
        false);
    stream.sendData(Unpooled.wrappedBuffer(document), true);
    if (!end) {
      stream.reset(StreamError.NO_ERROR);
    }
  }

  @Override
  void sendHeaders(H2Stream stream, Headers headers, boolean end, boolean informational) {
    int status = headers.status();
    if (informational ? status < 100 || status > 199 || status == 101 : status < 101) {
      throw new IllegalArgumentException(":status: " + headers.get(":status"));
    }
    if (status == 101 && !informational) {
      if (!stream.webSocket()) {
        throw new IllegalArgumentException(":status: 101 (expected: only after upgrade)");
      }
      var accepted = headers.copy();
      accepted.set(":status", "200");
      accepted.remove("upgrade");
      accepted.remove("sec-websocket-accept");
      super.sendHeaders(stream, accepted, end, false);
      return;
    }
    if (!informational && (stream.isHead() || status == 204 || status == 304)) {
      stream.discardPayload();
    }
    super.sendHeaders(stream, headers, end, informational);
  }

  @Override
  void onStreamEnd(H2Stream stream) {
    if (connection().goAwayReceived() && streamCount() == 0) {
      closeWhenIdle();
    }
  }

  @Override
  void onStreamAbandoned() {
    throw new IllegalStateException("a server's streams are always open");
  }

  @Override
  void onChannelClosed() {
    // The listener counts channels.
  }

  @Override
  public void tick(long now) {
    var timeouts = listener.config().timeouts();
    if (draining) {
      if (secondGoAway > 0 && now >= secondGoAway) {
        secondGoAway = 0;
        sendGoAway(connection().remote().lastStreamCreated(), Http2Error.NO_ERROR);
        closeWhenIdle();
      }
    } else if (streamCount() == 0) {
      var limit = settled ? timeouts.idle() : timeouts.headers();
      if (isLate(now, lastActivity(), limit) && !isClosing()) {
        sendGoAway(connection().remote().lastStreamCreated(), Http2Error.NO_ERROR);
        closeWhenIdle();
      }
    }
    if (streamCount() > 0 && !(timeouts.request().isZero() && timeouts.stream().isZero())) {
      tickStreams(now, timeouts.request(), timeouts.stream());
    }
  }

  private void tickStreams(long now, Duration request, Duration stream) {
    try {
      connection()
          .forEachActiveStream(
              active -> {
                var own = stream(active.id());
                if (own == null || own.isOver()) {
                  return true;
                }
                if (isLate(now, own.began(), request) && !own.inDone() && !own.webSocket()) {
                  late(own, "the request was not complete in time");
                } else if (isLate(now, own.lastMove(), stream)) {
                  late(own, "nothing moved on the stream");
                }
                return true;
              });
    } catch (Http2Exception e) {
      onError(context(), false, e);
    }
  }

  private void late(H2Stream stream, String detail) {
    if (!stream.headersSent()) {
      frames().headers(stream.id(), Headers.of(":status", "408", "content-length", "0"), true);
      stream.stream().headersSent(false);
      stream.fail(StreamError.TIMEOUT, detail);
      closeStreamLocal(stream.stream(), context().newSucceededFuture());
      resetStream(stream, StreamError.NO_ERROR);
    } else {
      stream.fail(StreamError.TIMEOUT, detail);
      resetStream(stream, StreamError.CANCEL);
    }
  }

  private static boolean isLate(long now, long since, Duration timeout) {
    return !timeout.isZero() && now - since > timeout.toMillis();
  }

  @Override
  public void drain() {
    if (!draining) {
      draining = true;
      secondGoAway = loop().now() + DRAIN_WAIT;
      sendGoAway(Integer.MAX_VALUE, Http2Error.NO_ERROR);
      encoder().writePing(context(), false, DRAIN_PING, context().newPromise());
      dirty();
    }
  }

  /** Stands in for a handler where the codec answers itself. */
  private static final class Unhandled implements HttpStreamHandler {
    static final Unhandled INSTANCE = new Unhandled();

    @Override
    public void onHeaders(Headers headers, boolean end) {}

    @Override
    public void onData(ByteBuf data, boolean end) {
      data.release();
    }

    @Override
    public void onTrailers(Headers trailers) {}

    @Override
    public void onReset(StreamError error, String detail) {}
  }
}
