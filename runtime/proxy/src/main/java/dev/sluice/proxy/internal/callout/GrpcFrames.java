package dev.sluice.proxy.internal.callout;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a gRPC stream into messages, and frames those that are sent (gRPC over HTTP/2,
 * Length-Prefixed-Message). Holds at most one message that is not complete.
 */
final class GrpcFrames {
  /** Bytes that stand before each message. */
  static final int PREFIX = 5;

  /** Thrown for what cannot be a message that this side accepts. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    Refused(int status, String message) {
      super(message, null, false, false);
      this.status = status;
    }

    /** Returns the gRPC status that the call ends with. */
    int status() {
      return status;
    }
  }

  private final int limit;
  private final byte[] prefix = new byte[PREFIX];
  private int prefixLength;
  private byte @Nullable [] message;
  private int messageLength;

  /**
   * @param limit bytes that a message may have
   */
  GrpcFrames(int limit) {
    this.limit = limit;
  }

  static ByteBuf frame(byte[] message) {
    var prefix = Unpooled.buffer(PREFIX).writeByte(0).writeInt(message.length);
    return message.length == 0
        ? prefix
        : Unpooled.wrappedBuffer(prefix, Unpooled.wrappedBuffer(message));
  }

  /**
   * Takes bytes, and hands over each message that they complete.
   *
   * @throws Refused for a compressed message (none was offered) and one above the limit
   */
  void read(ByteBuf data, Consumer<byte[]> receiver) {
    while (data.isReadable()) {
      if (message == null && !readPrefix(data)) {
        return;
      }
      var current = message;
      if (current == null) {
        return;
      }
      int length = Math.min(data.readableBytes(), current.length - messageLength);
      data.readBytes(current, messageLength, length);
      messageLength += length;
      if (messageLength == current.length) {
        message = null;
        receiver.accept(current);
      }
    }
  }

  /** Returns whether a message has begun and not ended. */
  boolean isInside() {
    return prefixLength > 0 || message != null;
  }

  /**
   * Returns whether a message begins, of which nothing was read yet; an empty one needs nothing.
   */
  private boolean readPrefix(ByteBuf data) {
    int length = Math.min(data.readableBytes(), PREFIX - prefixLength);
    data.readBytes(prefix, prefixLength, length);
    prefixLength += length;
    if (prefixLength < PREFIX) {
      return false;
    }
    prefixLength = 0;
    if (prefix[0] != 0) {
      throw new Refused(
          GrpcStatus.INTERNAL, "a compressed message (expected: none, as none was offered)");
    }
    long size =
        (prefix[1] & 0xffL) << 24
            | (prefix[2] & 0xff) << 16
            | (prefix[3] & 0xff) << 8
            | (prefix[4] & 0xff);
    if (size > limit) {
      throw new Refused(
          GrpcStatus.RESOURCE_EXHAUSTED,
          "a message of " + size + " bytes (expected: at most " + limit + ")");
    }
    message = new byte[(int) size];
    messageLength = 0;
    return true;
  }
}
