package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.STREAM_CLOSED;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tells apart what Netty treats alike: frames for a stream that this side has reset, which were on
 * their way and are ignored; HEADERS for a stream or a message that is complete; and HEADERS for a
 * stream that was skipped (RFC 9113 sections 5.1 and 5.1.1).
 */
final class FrameGuard implements Http2FrameReader {
  /** Resets that are remembered. */
  private static final int RESETS = 128;

  /** Ranges of skipped streams that are remembered. */
  private static final int GAPS = 16;

  private final Http2FrameReader reader;
  private final Http2Connection connection;
  private final int[] resets = new int[RESETS];
  private final int[] gaps = new int[GAPS * 2];
  private int resetCount;
  private int gapCount;
  private int lastStream = -1;
  private @Nullable Guarded guarded;

  FrameGuard(Http2FrameReader reader, Http2Connection connection) {
    this.reader = reader;
    this.connection = connection;
  }

  /** Notes that this side has reset a stream. */
  void reset(int streamId) {
    resets[resetCount++ & (RESETS - 1)] = streamId;
  }

  private boolean wasReset(int streamId) {
    for (int id : resets) {
      if (id == streamId) {
        return true;
      }
    }
    return false;
  }

  /** Notes a new stream of the peer, and those that it skipped. */
  private void begin(int streamId) {
    if (streamId > lastStream + 2) {
      if (gapCount == GAPS) {
        System.arraycopy(gaps, 2, gaps, 0, GAPS * 2 - 2);
        gapCount--;
      }
      gaps[gapCount * 2] = lastStream + 2;
      gaps[gapCount * 2 + 1] = streamId - 2;
      gapCount++;
    }
    lastStream = streamId;
  }

  private boolean wasSkipped(int streamId) {
    for (int i = 0; i < gapCount; i++) {
      if (streamId >= gaps[i * 2] && streamId <= gaps[i * 2 + 1]) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void readFrame(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener)
      throws Http2Exception {
    var listening = guarded;
    if (listening == null || !listening.guards(listener)) {
      listening = new Guarded(listener);
      guarded = listening;
    }
    reader.readFrame(ctx, input, listening);
  }

  @Override
  public Configuration configuration() {
    return reader.configuration();
  }

  @Override
  public void close() {
    Arrays.fill(resets, 0);
    reader.close();
  }

  private final class Guarded extends Http2FrameListenerDecorator {
    Guarded(Http2FrameListener listener) {
      super(listener);
    }

    boolean guards(Http2FrameListener other) {
      return listener == other;
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
        throws Http2Exception {
      if (connection.stream(streamId) == null && wasReset(streamId)) {
        var flow = connection.local().flowController();
        flow.receiveFlowControlledFrame(connection.connectionStream(), data, padding, endOfStream);
        return 0;
      }
      return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      if (passes(streamId)) {
        super.onHeadersRead(ctx, streamId, headers, padding, endOfStream);
      }
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int streamId,
        Http2Headers headers,
        int streamDependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      if (passes(streamId)) {
        super.onHeadersRead(
            ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
      }
    }

    private boolean passes(int streamId) throws Http2Exception {
      boolean server = connection.isServer();
      if (server && (streamId & 1) == 1 && streamId > lastStream) {
        begin(streamId);
        return true;
      }
      var stream = connection.stream(streamId);
      if (stream != null) {
        if (stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE) {
          throw streamError(streamId, STREAM_CLOSED, "HEADERS after the end of the message");
        }
        return true;
      }
      if (wasReset(streamId)) {
        return false;
      }
      if (server && (streamId & 1) == 1) {
        throw wasSkipped(streamId)
            ? connectionError(PROTOCOL_ERROR, "stream %d was skipped", streamId)
            : connectionError(STREAM_CLOSED, "stream %d is closed", streamId);
      }
      return true;
    }
  }
}
