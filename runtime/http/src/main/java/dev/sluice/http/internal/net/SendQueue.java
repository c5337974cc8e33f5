package dev.sluice.http.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Holds bytes that the peer does not take yet. Small pieces are copied together: each may be a
 * slice of a large buffer, and a slow peer must not pin many of those. Belongs to a loop.
 */
public final class SendQueue {
  private static final int SMALL = 2 << 10;
  private static final int GATHER = 8 << 10;

  private final Deque<ByteBuf> buffers = new ArrayDeque<>();
  private @Nullable ByteBuf gathering;
  private int bytes;

  /** Returns the bytes that wait. */
  public int bytes() {
    return bytes;
  }

  /** Appends a buffer that is not empty, and takes it over. */
  public void add(ByteBuf data) {
    int length = data.readableBytes();
    bytes += length;
    if (length >= SMALL) {
      gathering = null;
      buffers.add(data);
      return;
    }
    var last = gathering;
    if (last == null || last.writableBytes() < length) {
      last = ByteBufAllocator.DEFAULT.directBuffer(GATHER);
      gathering = last;
      buffers.add(last);
    }
    last.writeBytes(data);
    data.release();
  }

  /** Returns the first buffer without taking it, or null. */
  public @Nullable ByteBuf peek() {
    return buffers.peek();
  }

  /**
   * Takes bytes off the first buffer.
   *
   * @param length at most what is in it
   */
  public ByteBuf take(int length) {
    var first = buffers.getFirst();
    bytes -= length;
    if (length < first.readableBytes()) {
      return first.readRetainedSlice(length);
    }
    buffers.removeFirst();
    if (buffers.isEmpty()) {
      gathering = null;
    }
    return first;
  }

  /** Drops everything, and returns how much it was. */
  public int discard() {
    int dropped = bytes;
    for (var data = buffers.poll(); data != null; data = buffers.poll()) {
      data.release();
    }
    gathering = null;
    bytes = 0;
    return dropped;
  }
}
