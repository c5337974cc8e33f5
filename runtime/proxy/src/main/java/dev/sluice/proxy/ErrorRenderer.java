package dev.sluice.proxy;

import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/** Turns a {@link GatewayError} into the answer that the caller understands. Thread-safe. */
@FunctionalInterface
public interface ErrorRenderer {
  /**
   * Is an answer.
   *
   * @param headers with {@code :status}; the proxy adds {@code content-length} and {@code
   *     x-request-id}
   * @param body possibly empty
   */
  record Answer(Headers headers, byte[] body) {}

  /**
   * Renders an error. Called on the loop.
   *
   * @param request the request's headers, or null when they never came
   */
  Answer render(GatewayError error, @Nullable Headers request, String requestId);
}
