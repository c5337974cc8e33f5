package dev.sluice.http;

import org.jspecify.annotations.Nullable;

/** Accepts the requests of a listener. Shared by all loops, so thread-safe. */
@FunctionalInterface
public interface ServerHandler {
  /**
   * Begins an exchange; called on the loop right before {@link HttpStreamHandler#onHeaders}.
   *
   * @param response where the answer goes
   * @return what receives the request
   */
  HttpStreamHandler begin(HttpStream response);

  /**
   * Takes a connection of a listener for TCP; called on its loop.
   *
   * @return what receives its bytes, or null to close it at once
   */
  default @Nullable TcpHandler accept(TcpConnection connection) {
    return null;
  }
}
