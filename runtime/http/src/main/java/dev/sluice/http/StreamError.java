package dev.sluice.http;

/** Says why a stream ended early, with the HTTP/2 error code it stands for (RFC 9113 section 7). */
public enum StreamError {
  /** No error: an early, complete response made the rest of the request useless. */
  NO_ERROR(0x0),
  /** The peer broke the protocol. */
  PROTOCOL_ERROR(0x1),
  /** Something here failed. */
  INTERNAL_ERROR(0x2),
  /**
   * The peer refused the stream before it did anything with it, or closed a connection that it had
   * kept for reuse before it answered a byte: safe to try again, as far as the body still can be.
   */
  REFUSED_STREAM(0x7),
  /** The peer, or the gateway, no longer wants the stream. */
  CANCEL(0x8),
  /** The peer asks to slow down. */
  ENHANCE_YOUR_CALM(0xb),
  /** The connection closed or broke. */
  CONNECTION_LOST(0x8),
  /** Nothing moved for longer than allowed. */
  TIMEOUT(0x8);

  private final int http2Code;

  StreamError(int http2Code) {
    this.http2Code = http2Code;
  }

  /** Returns the HTTP/2 error code to send. */
  public int http2Code() {
    return http2Code;
  }
}
