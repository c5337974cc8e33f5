package dev.sluice.plugin;

/**
 * Receives the callbacks of one TCP connection (a plugin of type NETWORK). Same rules as {@link
 * HttpFilter}.
 */
public interface NetworkFilter {
  /** Says whether the connection goes on after a callback. */
  enum Status {
    /** Passes the bytes on. */
    CONTINUE,
    /** Holds back until {@link ConnectionContext#resume}. */
    STOP_ITERATION
  }

  /** A connection was accepted; no byte is read from the client until every filter continues. */
  default Status onNewConnection() {
    return Status.CONTINUE;
  }

  /** Bytes came from the client. */
  default Status onDownstreamData(Body data, boolean endOfStream) {
    return Status.CONTINUE;
  }

  /** Bytes came from the upstream. */
  default Status onUpstreamData(Body data, boolean endOfStream) {
    return Status.CONTINUE;
  }

  /** The client's side closed. */
  default void onDownstreamClose(boolean byPeer) {}

  /** The upstream's side closed. */
  default void onUpstreamClose(boolean byPeer) {}

  /** Is called once when both sides have ended, before the access log line is written. */
  default void onLog() {}

  /** Is called once and last. */
  default void onDestroy() {}
}
