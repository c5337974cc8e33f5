package dev.sluice.http.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what a connection writes within one turn of the loop, so that many small messages leave
 * in one buffer and one system call. Large buffers pass through untouched, in order.
 *
 * <p>Nothing here allocates a promise: a failed write closes the channel, and that is how its
 * connection learns of it.
 */
public final class Outbox {
  /** Smaller buffers are copied: cheaper than one more entry for the socket. */
  private static final int COPY_BELOW = 1024;

  private static final int CHUNK = 16 << 10;

  private final ChannelHandlerContext context;
  private @Nullable ByteBuf tail;
  private boolean closed;

  /** Creates the outbox of a connection whose codec is the handler of a context. */
  public Outbox(ChannelHandlerContext context) {
    this.context = context;
  }

  /** Returns a buffer with room for some octets, to be appended to at once. */
  public ByteBuf room(int octets) {
    var buffer = tail;
    if (buffer != null) {
      if (buffer.writableBytes() >= octets) {
        return buffer;
      }
      drain();
    }
    buffer = context.alloc().directBuffer(Math.max(octets, CHUNK));
    tail = buffer;
    return buffer;
  }

  /** Appends a buffer, and takes it over. */
  public void write(ByteBuf data) {
    int length = data.readableBytes();
    if (length == 0 || closed) {
      data.release();
    } else if (length < COPY_BELOW) {
      room(length).writeBytes(data);
      data.release();
    } else {
      drain();
      context.write(data, context.voidPromise());
    }
  }

  /** Appends octets. */
  public void write(byte[] octets, int from, int length) {
    room(length).writeBytes(octets, from, length);
  }

  /** Hands what was gathered to the channel, without a flush. */
  public void drain() {
    var buffer = tail;
    if (buffer != null) {
      tail = null;
      if (closed || !buffer.isReadable()) {
        buffer.release();
      } else {
        context.write(buffer, context.voidPromise());
      }
    }
  }

  /** Hands what was gathered to the channel, and the channel's buffers to the socket. */
  public void flush() {
    drain();
    context.flush();
  }

  /** Returns whether the peer takes what is sent fast enough. */
  public boolean isWritable() {
    return context.channel().isWritable();
  }

  /** Drops what was gathered; later writes are dropped too. */
  public void close() {
    closed = true;
    drain();
  }
}
