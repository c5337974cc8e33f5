package dev.sluice.http.internal.h2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/**
 * Writes the frames that Netty makes itself, after what waits in the outbox: nothing may overtake
 * the HEADERS that open a stream.
 */
final class OrderedWriter extends DecoratingHttp2FrameWriter {
  private final FrameGuard guard;
  private @Nullable Runnable drain;

  OrderedWriter(Http2FrameWriter delegate, FrameGuard guard) {
    super(delegate);
    this.guard = guard;
  }

  /** Sets what empties the outbox into the channel and asks for a flush. */
  void before(Runnable task) {
    drain = task;
  }

  private void drain() {
    if (drain != null) {
      drain.run();
    }
  }

  @Override
  public ChannelFuture writeRstStream(
      ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
    drain();
    guard.reset(streamId);
    return super.writeRstStream(ctx, streamId, errorCode, promise);
  }

  @Override
  public ChannelFuture writeSettings(
      ChannelHandlerContext ctx, Http2Settings settings, ChannelPromise promise) {
    drain();
    return super.writeSettings(ctx, settings, promise);
  }

  @Override
  public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
    drain();
    return super.writeSettingsAck(ctx, promise);
  }

  @Override
  public ChannelFuture writePing(
      ChannelHandlerContext ctx, boolean ack, long data, ChannelPromise promise) {
    drain();
    return super.writePing(ctx, ack, data, promise);
  }

  @Override
  public ChannelFuture writeGoAway(
      ChannelHandlerContext ctx,
      int lastStreamId,
      long errorCode,
      ByteBuf debugData,
      ChannelPromise promise) {
    drain();
    return super.writeGoAway(ctx, lastStreamId, errorCode, debugData, promise);
  }
}
