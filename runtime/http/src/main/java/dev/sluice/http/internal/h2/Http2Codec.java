package dev.sluice.http.internal.h2;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.internal.hpack.HeadersDecoder;
import dev.sluice.http.internal.hpack.HpackEncoder;
import dev.sluice.http.internal.net.ClientConnection;
import dev.sluice.http.internal.net.Codec;
import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.Loop;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;

/** Is the HTTP/2 codec. */
public final class Http2Codec implements Codec {
  /** Octets and fields that a response's headers may have. */
  private static final int RESPONSE_OCTETS = 256 << 10;

  private static final int RESPONSE_FIELDS = 512;

  /** Milliseconds that the GOAWAY of a connection error has to get out before the close. */
  private static final long GOAWAY_MILLIS = 1_000;

  @Override
  public void serve(Channel channel, ListenerSide listener) {
    var limits = listener.config().limits();
    var settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(limits.streams())
            .initialWindowSize(Flow.WINDOW)
            .maxHeaderListSize(limits.headerBytes())
            .connectProtocolEnabled(true);
    var handler =
        new Builder<ServerSide>(
            true, listener.loop(), settings, limits.headerBytes(), limits.headers()) {
          @Override
          ServerSide make(
              Http2ConnectionDecoder decoder,
              Http2ConnectionEncoder encoder,
              Http2Settings initial,
              H2Connection.Parts parts) {
            var side = new ServerSide(decoder, encoder, initial, parts, listener);
            decoder.frameListener(side.events());
            return side;
          }
        }.build();
    channel.pipeline().addLast("http2", handler);
  }

  @Override
  public void call(Channel channel, Loop loop, PoolConfig config, ClientConnection.Owner owner) {
    var settings =
        Http2Settings.defaultSettings()
            .pushEnabled(false)
            .maxConcurrentStreams(0)
            .initialWindowSize(Flow.WINDOW)
            .maxHeaderListSize(RESPONSE_OCTETS);
    var handler =
        new Builder<ClientSide>(false, loop, settings, RESPONSE_OCTETS, RESPONSE_FIELDS) {
          @Override
          ClientSide make(
              Http2ConnectionDecoder decoder,
              Http2ConnectionEncoder encoder,
              Http2Settings initial,
              H2Connection.Parts parts) {
            var side = new ClientSide(decoder, encoder, initial, parts, config, owner);
            decoder.frameListener(side.events());
            return side;
          }
        }.build();
    channel.pipeline().addLast("http2", handler);
  }

  /**
   * Puts Netty's parts and ours together. Netty's builder adds its limits on empty DATA frames and
   * on resets.
   */
  private abstract static class Builder<T extends H2Connection>
      extends AbstractHttp2ConnectionHandlerBuilder<T, Builder<T>> {
    private final H2Connection.Parts parts;

    Builder(boolean server, Loop loop, Http2Settings settings, int headerOctets, int fields) {
      var connection = new DefaultHttp2Connection(server);
      var key = connection.newKey();
      var sendFlow = new SendFlow(connection, key);
      var receiveFlow = new ReceiveFlow(loop, key);
      connection.remote().flowController(sendFlow);
      connection.local().flowController(receiveFlow);
      var hpack = new HpackEncoder();
      var headers = new HeadersDecoder(loop, headerOctets, fields);
      var reader = new FrameGuard(new DefaultHttp2FrameReader(headers), connection);
      var writer = new OrderedWriter(new DefaultHttp2FrameWriter(new EncoderSeam(hpack)), reader);
      var encoder =
          new FloodLimit(new DefaultHttp2ConnectionEncoder(connection, writer), loop::now);
      var decoder =
          new DefaultHttp2ConnectionDecoder(
              connection,
              encoder,
              reader,
              Http2PromisedRequestVerifier.ALWAYS_VERIFY,
              true,
              true,
              false);
      parts = new H2Connection.Parts(loop, sendFlow, receiveFlow, writer, hpack, key);
      codec(decoder, encoder);
      initialSettings(settings);
      gracefulShutdownTimeoutMillis(GOAWAY_MILLIS);
    }

    abstract T make(
        Http2ConnectionDecoder decoder,
        Http2ConnectionEncoder encoder,
        Http2Settings initial,
        H2Connection.Parts parts);

    @Override
    protected final T build() {
      return super.build();
    }

    @Override
    protected final T build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initial) {
      return make(decoder, encoder, initial, parts);
    }
  }
}
