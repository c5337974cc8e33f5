package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import dev.sluice.http.StreamError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** Takes from Netty the frames that came, and hands them to our streams. */
abstract class FrameEvents extends Http2FrameAdapter {
  private final H2Connection connection;

  FrameEvents(H2Connection connection) {
    this.connection = connection;
  }

  @Override
  public final void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endStream)
      throws Http2Exception {
    onHeadersRead(ctx, streamId, headers, padding, endStream);
  }

  @Override
  public final int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    int length = data.readableBytes();
    var stream = connection.stream(streamId);
    if (stream == null) {
      return length + padding;
    }
    if (!stream.arrived(length, end) && !stream.isHead()) {
      throw streamError(streamId, PROTOCOL_ERROR, "the body is not as long as its content-length");
    }
    if (stream.isMuted()) {
      if (end) {
        stream.inDone(true);
      }
      return length + padding;
    }
    stream.touch(connection.loop().now());
    if (length > 0 || end) {
      try {
        stream.deliver(data.retain(), end);
      } catch (RuntimeException e) {
        connection.failed(stream, e);
      }
    }
    return padding;
  }

  @Override
  public final void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
    var stream = connection.stream(streamId);
    if (stream != null) {
      stream.fail(error(errorCode), "the peer reset the stream with error code " + errorCode);
    }
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    var frameSize = settings.maxFrameSize();
    if (frameSize != null) {
      connection.frames().maxFrameSize(frameSize);
    }
    connection.dirty();
  }

  private static StreamError error(long code) {
    return switch ((int) code) {
      case 0x0 -> StreamError.NO_ERROR;
      case 0x1 -> StreamError.PROTOCOL_ERROR;
      case 0x7 -> StreamError.REFUSED_STREAM;
      case 0x8 -> StreamError.CANCEL;
      case 0xb -> StreamError.ENHANCE_YOUR_CALM;
      default -> StreamError.INTERNAL_ERROR;
    };
  }
}
