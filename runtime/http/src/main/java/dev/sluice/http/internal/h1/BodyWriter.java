package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.Outbox;
import dev.sluice.http.internal.net.SendQueue;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Frames the body of one message and queues what the peer does not take yet (RFC 9112 section 6).
 */
final class BodyWriter {
  /** Says how the end of the body is told. */
  enum Framing {
    /** The head comes first. */
    NOT_BEGUN,
    /** There is no body, whatever is sent. */
    NONE,
    LENGTH,
    CHUNKED,
    /** The connection closes. */
    CLOSE,
    /** Bytes in both directions, after an upgrade. */
    TUNNEL,
    /** As {@link #TUNNEL}, once the peer has agreed. */
    TUNNEL_WAITING
  }

  private final Outbox outbox;
  private Framing framing = Framing.NOT_BEGUN;
  private long remaining;
  private @Nullable SendQueue queue;
  private int sent;
  private boolean unwritable;
  private boolean ending;
  private boolean done;
  private boolean failed;
  private @Nullable Headers trailers;

  BodyWriter(Outbox outbox) {
    this.outbox = outbox;
  }

  void begin(Framing with, long length) {
    framing = with;
    remaining = length;
  }

  Framing framing() {
    return framing;
  }

  /** Returns whether the end was sent or is queued. */
  boolean ending() {
    return ending;
  }

  /** Returns whether all was written, the end included. */
  boolean done() {
    return done;
  }

  /** Returns whether more or less came than the head promised. */
  boolean failed() {
    return failed;
  }

  boolean isWritable() {
    return !unwritable;
  }

  /** Sends bytes, and takes over the buffer. */
  void data(ByteBuf data, boolean end) {
    int length = data.readableBytes();
    ending |= end;
    if (length == 0) {
      data.release();
    } else if (queued() == 0 && canWrite()) {
      write(data, length);
    } else {
      if (queue == null) {
        queue = new SendQueue();
      }
      queue.add(data);
      unwritable |= queue.bytes() > Flow.HIGH;
    }
    if (ending && queued() == 0 && framing != Framing.TUNNEL_WAITING) {
      finish();
    }
  }

  /** Ends the body with trailers. */
  void trailers(Headers fields) {
    trailers = fields;
    data(Unpooled.EMPTY_BUFFER, true);
  }

  /** Writes what was queued as far as the peer takes it, and returns whether some was. */
  boolean drain() {
    if (done || (queue == null && !ending)) {
      return false;
    }
    boolean any = false;
    while (queue != null && canWrite()) {
      var data = queue.peek();
      if (data == null) {
        break;
      }
      int length = data.readableBytes();
      write(queue.take(length), length);
      any = true;
    }
    if (ending && queued() == 0 && !done && framing != Framing.TUNNEL_WAITING) {
      finish();
      any = true;
    }
    return any;
  }

  private boolean canWrite() {
    return framing != Framing.TUNNEL_WAITING && outbox.isWritable();
  }

  private void write(ByteBuf data, int length) {
    sent += length;
    switch (framing) {
      case LENGTH -> {
        if (length > remaining) {
          failed = true;
          data.release();
        } else {
          remaining -= length;
          outbox.write(data);
        }
      }
      case CHUNKED -> {
        var room = outbox.room(12);
        ChunkHeader.write(room, length);
        outbox.write(data);
        outbox.room(2).writeShort('\r' << 8 | '\n');
      }
      case CLOSE, TUNNEL -> outbox.write(data);
      default -> data.release();
    }
  }

  private void finish() {
    if (done) {
      return;
    }
    done = true;
    if (framing == Framing.LENGTH && remaining > 0) {
      failed = true;
    } else if (framing == Framing.CHUNKED) {
      var fields = trailers;
      if (fields == null) {
        outbox.room(5).writeByte('0').writeInt('\r' << 24 | '\n' << 16 | '\r' << 8 | '\n');
      } else {
        outbox.room(3).writeByte('0').writeShort('\r' << 8 | '\n');
        var writer = new HeadWriter();
        writer.trailers(new byte[HeadWriter.bound(fields)]);
        writer.fields(fields, false);
        writer.end(outbox);
      }
    }
  }

  /** Gives up: what is queued is discarded and counts as sent. */
  void discard() {
    done = true;
    ending = true;
    if (queue != null) {
      sent += queue.discard();
    }
  }

  private int queued() {
    return queue == null ? 0 : queue.bytes();
  }

  /** Returns the bytes written since the last call. */
  int takeSent() {
    int bytes = sent;
    sent = 0;
    return bytes;
  }

  /** Returns whether the body became writable since the last call. */
  boolean takeWritable() {
    if (unwritable && queued() < Flow.LOW) {
      unwritable = false;
      return true;
    }
    return false;
  }

  /** Writes the size line of a chunk. */
  private static final class ChunkHeader {
    private static final String HEX = "0123456789abcdef";

    static void write(ByteBuf out, int length) {
      int shift = (31 - Integer.numberOfLeadingZeros(length)) & ~3;
      for (; shift >= 0; shift -= 4) {
        out.writeByte(HEX.charAt((length >>> shift) & 15));
      }
      out.writeShort('\r' << 8 | '\n');
    }
  }
}
