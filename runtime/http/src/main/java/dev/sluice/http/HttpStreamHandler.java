package dev.sluice.http;

import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;

/**
 * Receives what the peer sends on one stream, and how the sending half fares. All calls come on the
 * loop of the connection, one after another.
 */
public interface HttpStreamHandler {
  /** Informational (1xx) response headers came; only on the upstream's leg. */
  default void onInformational(Headers headers) {}

  /** The headers came; the handler owns them from now on. */
  void onHeaders(Headers headers, boolean end);

  /**
   * Bytes came. The handler owns the buffer and releases it; every readable byte is to be returned
   * by {@link HttpStream#consumed} sooner or later. May be empty with {@code end}.
   */
  void onData(ByteBuf data, boolean end);

  /** The trailers came and ended the message. */
  void onTrailers(Headers trailers);

  /** Bytes given to {@link HttpStream#sendData} have left. */
  default void onSent(int bytes) {}

  /** The stream became writable again. */
  default void onWritable() {}

  /**
   * The stream ended before both messages were complete: the peer reset it, the connection broke,
   * or a protocol error. Called at most once; nothing follows but {@link #onClosed}.
   */
  void onReset(StreamError error, String detail);

  /** The stream is over in both directions, however it ended; called once, last. */
  default void onClosed() {}
}
