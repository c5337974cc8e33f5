package dev.sluice.http;

/**
 * Bounds what a peer may use.
 *
 * @param headerBytes octets of one message's headers
 * @param headers fields of one message
 * @param streams concurrent HTTP/2 streams on a connection
 * @param connections concurrent connections of the listener, 0 for no bound
 */
public record ConnectionLimits(int headerBytes, int headers, int streams, int connections) {
  /** The limits of a listener that configures none. */
  public static final ConnectionLimits DEFAULT = new ConnectionLimits(64 << 10, 128, 256, 0);
}
