package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.hpack.Carrier;
import dev.sluice.http.internal.hpack.HeaderList;
import dev.sluice.http.internal.net.ClientConnection;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** Speaks HTTP/2 to an upstream: many streams at once, as many as both sides allow. */
final class ClientSide extends H2Connection implements ClientConnection {
  /** Stream identifiers are used up one day; a connection is replaced well before. */
  private static final int LAST_STREAM = Integer.MAX_VALUE - 100_000;

  private final PoolConfig config;
  private final Owner owner;
  private boolean ready;
  private boolean retired;
  private boolean told;
  private boolean connectProtocol;
  private int opened;
  private int lastAccepted = Integer.MAX_VALUE;
  private String lostDetail = "the upstream closed the connection before its SETTINGS";

  ClientSide(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Parts parts,
      PoolConfig config,
      Owner owner) {
    super(decoder, encoder, settings, parts);
    this.config = config;
    this.owner = owner;
  }

  @Override
  Object owner() {
    return owner;
  }

  @Override
  String ownerName() {
    return config.upstream();
  }

  @Override
  boolean isServer() {
    return false;
  }

  @Override
  public int room() {
    if (retired || !ready || isClosed()) {
      return 0;
    }
    int allowed = Math.min(config.maxStreams(), connection().local().maxActiveStreams());
    // Streams that were reset count until the reset has left.
    int active = Math.max(streamCount(), connection().local().numActiveStreams());
    return Math.max(0, allowed - active - opened);
  }

  @Override
  public int streams() {
    return streamCount() + opened;
  }

  @Override
  public HttpStream open(HttpStreamHandler response) {
    var stream = new H2Stream(this, loop().now());
    stream.handler(response);
    opened++;
    return stream;
  }

  @Override
  public void retire() {
    if (!retired) {
      retired = true;
      owner.retired(this);
    }
    if (!isClosed() && streams() == 0) {
      sendGoAway(0, Http2Error.NO_ERROR);
      closeWhenIdle();
    }
  }

  /** Returns what Netty tells of frames that came. */
  Events events() {
    return new Events();
  }

  final class Events extends FrameEvents {
    Events() {
      super(ClientSide.this);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
      super.onSettingsRead(ctx, settings);
      var connect = settings.connectProtocolEnabled();
      if (connect != null) {
        connectProtocol = connect;
      }
      touch();
      if (!ready) {
        ready = true;
        owner.ready(ClientSide.this);
      } else if (room() > 0) {
        owner.roomAgain(ClientSide.this);
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end)
        throws Http2Exception {
      var stream = stream(streamId);
      if (stream != null) {
        stream.touch(loop().now());
        received(stream, ((Carrier) headers).list(), end);
      }
    }

    @Override
    public void onGoAwayRead(
        ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData) {
      lastAccepted = lastStreamId;
      if (!retired) {
        retired = true;
        owner.retired(ClientSide.this);
      }
      if (streams() == 0) {
        closeWhenIdle();
      }
    }
  }

  private void received(H2Stream stream, HeaderList list, boolean end) throws Http2Exception {
    if (stream.stream().isTrailersReceived()) {
      list.checkTrailers();
      check(stream, list, end);
      if (!stream.isMuted()) {
        if (list.headers().isEmpty()) {
          stream.deliverEnd();
        } else {
          stream.inDone(true);
          stream.handler().onTrailers(list.headers());
        }
      }
      return;
    }
    list.checkResponse();
    var headers = list.headers();
    int status = headers.status();
    if (status >= 200 && !stream.isHead() && status != 304) {
      stream.expect(list.contentLength());
    }
    check(stream, list, end);
    if (stream.isMuted()) {
      return;
    }
    try {
      if (status < 200) {
        if (status == 101) {
          throw streamError(stream.id(), PROTOCOL_ERROR, "status 101 in HTTP/2");
        }
        stream.handler().onInformational(headers);
        return;
      }
      if (stream.webSocket() && status < 300 && !end) {
        // What an extended CONNECT calls success is called 101 everywhere else.
        headers.setTrusted(headers.indexOf(":status", 0), "101");
        headers.addTrusted("upgrade", "websocket");
      }
      stream.inDone(end);
      stream.handler().onHeaders(headers, end);
    } catch (RuntimeException e) {
      failed(stream, e);
    }
  }

  private static void check(H2Stream stream, HeaderList list, boolean end) throws Http2Exception {
    String problem = list.tooLarge() ? "the header list is too large" : list.problem();
    if (problem == null && end && !stream.isHead() && !stream.arrived(0, true)) {
      problem = "the body is not as long as its content-length";
    }
    if (problem != null) {
      throw streamError(stream.id(), PROTOCOL_ERROR, "%s", problem);
    }
  }

  @Override
  void sendHeaders(H2Stream stream, Headers headers, boolean end, boolean informational) {
    opened--;
    if (isClosed() || connection().goAwayReceived()) {
      stream.fail(StreamError.REFUSED_STREAM, "the connection was closed meanwhile");
      return;
    }
    var sending = headers;
    if (!end && "websocket".equalsIgnoreCase(headers.get("upgrade"))) {
      if (!connectProtocol) {
        stream.fail(StreamError.PROTOCOL_ERROR, "the upstream does not allow extended CONNECT");
        return;
      }
      stream.webSocket(true);
      sending = headers.copy();
      sending.set(":method", "CONNECT");
      sending.add(":protocol", "websocket");
      sending.remove("upgrade");
      sending.remove("sec-websocket-key");
    }
    stream.head("HEAD".equals(headers.method()));
    try {
      int id = connection().local().incrementAndGetNextStreamId();
      bind(stream, connection().local().createStream(id, false));
      if (id > LAST_STREAM) {
        retire();
      }
    } catch (Http2Exception e) {
      stream.fail(StreamError.REFUSED_STREAM, String.valueOf(e.getMessage()));
      return;
    }
    super.sendHeaders(stream, sending, end, false);
  }

  @Override
  StreamError lostError(H2Stream stream) {
    return stream.id() > lastAccepted ? StreamError.REFUSED_STREAM : StreamError.CONNECTION_LOST;
  }

  @Override
  void onStreamEnd(H2Stream stream) {
    onStreamEnd();
  }

  private void onStreamEnd() {
    if (retired) {
      if (streams() == 0) {
        closeWhenIdle();
      }
    } else if (!isClosed()) {
      owner.roomAgain(this);
    }
  }

  @Override
  void onStreamAbandoned() {
    opened--;
    onStreamEnd();
  }

  @Override
  void onChannelClosed() {
    retired = true;
    if (!told) {
      told = true;
      owner.closed(this, StreamError.CONNECTION_LOST, lostDetail);
    }
  }

  @Override
  public void tick(long now) {
    if (isClosing() || streams() > 0) {
      return;
    }
    if (!ready) {
      if (now - lastActivity() > config.connectTimeout().toMillis()) {
        lostDetail = "the upstream sent no SETTINGS in time";
        abort();
      }
    } else if (!config.idleTimeout().isZero()
        && now - lastActivity() > config.idleTimeout().toMillis()) {
      retire();
    }
  }

  @Override
  public void drain() {
    retire();
  }
}
