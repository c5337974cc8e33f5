package dev.sluice.standin;

import java.util.Map;

/**
 * Is a request as it came in.
 *
 * @param headers the header fields; of several with one name, the last
 * @param body the body, its beginning when it is large
 */
public record ReceivedRequest(
    String method, String path, Map<String, String> headers, String body) {
  /** Copies the headers. */
  public ReceivedRequest {
    headers = Map.copyOf(headers);
  }
}
