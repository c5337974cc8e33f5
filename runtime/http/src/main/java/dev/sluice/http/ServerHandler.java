package dev.sluice.http;

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
}
