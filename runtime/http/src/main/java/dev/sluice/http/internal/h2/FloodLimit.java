package dev.sluice.http.internal.h2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what a peer can make this side answer: control frames that wait because the peer does not
 * read (CVE-2019-9512, 9515), and resets that its protocol errors provoke (CVE-2025-8671).
 */
final class FloodLimit extends DecoratingHttp2ConnectionEncoder {
  private static final int MAX_WAITING = 10_000;
  private static final int MAX_RESETS = 200;
  private static final long RESET_MILLIS = 30_000;

  private final LongSupplier clock;
  private final ChannelFutureListener written = this::written;
  private @Nullable Http2LifecycleManager lifecycle;
  private int waiting;
  private int resets;
  private long resetsSince;
  private boolean limited;

  FloodLimit(Http2ConnectionEncoder delegate, LongSupplier clock) {
    super(delegate);
    this.clock = clock;
    this.resetsSince = clock.getAsLong();
  }

  private void written(ChannelFuture future) {
    waiting--;
  }

  @Override
  public void lifecycleManager(Http2LifecycleManager lifecycleManager) {
    lifecycle = lifecycleManager;
    super.lifecycleManager(lifecycleManager);
  }

  @Override
  public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
    return count(ctx) ? super.writeSettingsAck(ctx, counted(promise)) : promise;
  }

  @Override
  public ChannelFuture writePing(
      ChannelHandlerContext ctx, boolean ack, long data, ChannelPromise promise) {
    if (!ack) {
      return super.writePing(ctx, false, data, promise);
    }
    return count(ctx) ? super.writePing(ctx, true, data, counted(promise)) : promise;
  }

  @Override
  public ChannelFuture writeRstStream(
      ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
    if (!count(ctx)) {
      return promise;
    }
    var future = super.writeRstStream(ctx, streamId, errorCode, counted(promise));
    if (errorCode != Http2Error.CANCEL.code()
        && errorCode != Http2Error.NO_ERROR.code()
        && connection().isServer()) {
      countReset(ctx);
    }
    return future;
  }

  private ChannelPromise counted(ChannelPromise promise) {
    waiting++;
    return promise.unvoid().addListener(written);
  }

  private boolean count(ChannelHandlerContext ctx) {
    if (waiting >= MAX_WAITING && !limited) {
      ctx.flush();
    }
    if (waiting >= MAX_WAITING && !limited) {
      limit(ctx, MAX_WAITING + " control frames wait to be read");
    }
    return !limited;
  }

  private void countReset(ChannelHandlerContext ctx) {
    long now = clock.getAsLong();
    if (now - resetsSince >= RESET_MILLIS) {
      resetsSince = now;
      resets = 0;
    }
    if (++resets > MAX_RESETS && !limited) {
      limit(ctx, MAX_RESETS + " streams with errors within " + RESET_MILLIS + " ms");
    }
  }

  private void limit(ChannelHandlerContext ctx, String reason) {
    limited = true;
    if (lifecycle != null) {
      lifecycle.onError(
          ctx, true, Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "%s", reason));
    }
    ctx.close();
  }
}
