package dev.sluice.plugin.host;

import dev.sluice.plugin.Headers;
import java.time.Duration;

/**
 * Calls a granted upstream by gRPC. Messages are the bare protobuf bytes, without the 5-byte frame.
 */
public interface GrpcCallouts {
  /**
   * Names a method.
   *
   * @param upstream the name of a granted upstream
   * @param service the full service name, {@code package.Service}
   * @param method the method name
   * @param metadata initial metadata
   */
  record Method(String upstream, String service, String method, Headers metadata) {}

  /** Receives what a call brings, on the caller's thread, in order; {@link #onClose} is last. */
  interface Receiver {
    /** Initial metadata arrived. */
    void onInitialMetadata(Headers metadata);

    /** A message arrived. */
    void onMessage(byte[] message);

    /** Trailing metadata arrived; empty when the call ended without. Always before the close. */
    void onTrailingMetadata(Headers metadata);

    /** The call ended with a gRPC status code (0 is OK). */
    void onClose(int status, String message);
  }

  /** Is an open call. What is done to a call that has ended has no effect. */
  interface Call extends Cancellable {
    /**
     * Sends a message, and half-closes with {@code endOfStream}.
     *
     * @throws ServiceException LIMIT when more bytes wait to be sent than {@code
     *     limits.bodyBuffer}; nothing of the message is sent then
     */
    void send(byte[] message, boolean endOfStream);

    /** Says that no more messages come; those of the other side still arrive. */
    void halfClose();
  }

  /**
   * Starts a unary call: one message out, then half-closed. Throws as {@link HttpCallouts#call}.
   */
  Call unary(Method method, byte[] message, Duration timeout, Receiver receiver);

  /** Opens a stream. Throws as {@link HttpCallouts#call}. */
  Call stream(Method method, Receiver receiver);
}
