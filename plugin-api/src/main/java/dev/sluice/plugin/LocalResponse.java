package dev.sluice.plugin;

import java.nio.charset.StandardCharsets;

/**
 * Is an answer that a plugin gives in place of the upstream.
 *
 * @param status the HTTP status, 200 to 599
 * @param code a stable word for logs and metrics ("rate_limited"); shown as code details
 * @param headers further response headers; {@code content-length} is set by the host
 * @param body the body, possibly empty
 * @param grpcStatus the {@code grpc-status} for gRPC requests, or -1 to derive it from the status
 */
public record LocalResponse(int status, String code, Headers headers, byte[] body, int grpcStatus) {
  /**
   * @throws IllegalArgumentException when the status is not in 200 to 599
   */
  public LocalResponse {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 200..599)");
    }
  }

  /** Returns a plain-text answer. */
  public static LocalResponse text(int status, String code, String text) {
    var headers = new Headers(2);
    headers.add("content-type", "text/plain; charset=utf-8");
    return new LocalResponse(status, code, headers, text.getBytes(StandardCharsets.UTF_8), -1);
  }
}
