package dev.sluice.http.internal.h2;

import dev.sluice.http.internal.hpack.HpackEncoder;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.Outbox;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameTypes;

/** Writes the frames of streams into the outbox of a connection (RFC 9113 sections 4 and 6). */
final class FrameOut {
  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;

  private final Loop loop;
  private final Outbox outbox;
  private final HpackEncoder hpack;
  private int maxFrameSize = Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE;

  FrameOut(Loop loop, Outbox outbox, HpackEncoder hpack) {
    this.loop = loop;
    this.outbox = outbox;
    this.hpack = hpack;
  }

  /** Takes over the largest payload that the peer accepts. */
  void maxFrameSize(int octets) {
    maxFrameSize = octets;
  }

  /** Writes a header block: HEADERS, and CONTINUATION where it needs more than one frame. */
  void headers(int streamId, Headers headers, boolean end) {
    var scratch = loop.scratch(HpackEncoder.bound(headers));
    int length = hpack.encode(headers, scratch, 0);
    int type = Http2FrameTypes.HEADERS;
    int flags = end ? END_STREAM : 0;
    int from = 0;
    do {
      int size = Math.min(length - from, maxFrameSize);
      boolean last = from + size == length;
      header(size, type, last ? flags | END_HEADERS : flags, streamId);
      outbox.write(scratch, from, size);
      from += size;
      type = Http2FrameTypes.CONTINUATION;
      flags = 0;
    } while (from < length);
  }

  /** Writes the first octets of a buffer, and takes over as much. */
  void data(int streamId, ByteBuf data, int octets, boolean end) {
    int left = octets;
    while (left > maxFrameSize) {
      header(maxFrameSize, Http2FrameTypes.DATA, 0, streamId);
      outbox.write(data.readRetainedSlice(maxFrameSize));
      left -= maxFrameSize;
    }
    header(left, Http2FrameTypes.DATA, end ? END_STREAM : 0, streamId);
    if (left == data.readableBytes()) {
      outbox.write(data);
    } else {
      outbox.write(data.readRetainedSlice(left));
    }
  }

  /** Writes the end of a stream. */
  void end(int streamId) {
    header(0, Http2FrameTypes.DATA, END_STREAM, streamId);
  }

  /** Gives bytes back to the peer's window. */
  void windowUpdate(int streamId, int octets) {
    header(4, Http2FrameTypes.WINDOW_UPDATE, 0, streamId);
    outbox.room(4).writeInt(octets);
  }

  private void header(int length, int type, int flags, int streamId) {
    outbox.room(9).writeMedium(length).writeShort(type << 8 | flags).writeInt(streamId);
  }
}
