package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.PluginException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Is what a filter sees or holds of a body in one direction. Belongs to the loop. */
public final class HeldBody implements Body {
  private final String plugin;
  private int limit;
  private @Nullable ByteBuf bytes;

  /** Whether {@link #bytes} was allocated here, so that nobody else sees it and it may grow. */
  private boolean own;

  /** Holds nothing yet. */
  public HeldBody(String plugin, int limit) {
    this.plugin = plugin;
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  void limit(int most) {
    limit = most;
  }

  /** Returns whether there is nothing. */
  public boolean isEmpty() {
    return length() == 0;
  }

  /** Adds bytes that came in. The first are kept as they are, more are copied behind them. */
  public void add(ByteBuf more) {
    var held = bytes;
    if (held == null) {
      bytes = more;
      own = false;
      return;
    }
    if (!more.isReadable()) {
      more.release();
      return;
    }
    if (!own) {
      var grown = allocate(Math.max(held.readableBytes() + more.readableBytes(), 1024));
      grown.writeBytes(held);
      held.release();
      held = grown;
      bytes = grown;
      own = true;
    }
    held.writeBytes(more);
    more.release();
  }

  /** Takes everything out; an empty buffer when there is nothing. */
  public ByteBuf take() {
    var held = bytes;
    bytes = null;
    return held == null ? Unpooled.EMPTY_BUFFER : held;
  }

  /** Drops everything. */
  public void clear() {
    var held = bytes;
    bytes = null;
    if (held != null) {
      held.release();
    }
  }

  @Override
  public int length() {
    return bytes == null ? 0 : bytes.readableBytes();
  }

  @Override
  public void copyTo(int offset, byte[] target, int targetOffset, int length) {
    var held = bytes;
    if (offset < 0 || length < 0 || offset + (long) length > length()) {
      throw new IndexOutOfBoundsException(
          "offset: " + offset + ", length: " + length + " (expected: inside 0.." + length() + ")");
    }
    if (held != null) {
      held.getBytes(held.readerIndex() + offset, target, targetOffset, length);
    }
  }

  @Override
  public void replace(int offset, int length, byte[] replacement) {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException(
          "offset: " + offset + ", length: " + length + " (expected: 0 or more)");
    }
    int size = length();
    int from = Math.min(offset, size);
    int removed = Math.min(length, size - from);
    long newSize = (long) size - removed + replacement.length;
    if (newSize > limit) {
      throw new PluginException(
          PluginException.Kind.LIMIT,
          "plugin "
              + plugin
              + ": the body would have "
              + newSize
              + " bytes (expected: at most "
              + limit
              + ", limits.bodyBuffer)");
    }
    var held = bytes;
    if (own && held != null && from == size) {
      held.writeBytes(replacement);
      return;
    }
    var changed = allocate(Math.max((int) newSize, 16));
    if (held != null) {
      changed.writeBytes(held, held.readerIndex(), from);
    }
    changed.writeBytes(replacement);
    if (held != null) {
      int rest = from + removed;
      changed.writeBytes(held, held.readerIndex() + rest, size - rest);
      held.release();
    }
    bytes = changed;
    own = true;
  }

  private static ByteBuf allocate(int capacity) {
    return ByteBufAllocator.DEFAULT.ioBuffer(capacity);
  }
}
