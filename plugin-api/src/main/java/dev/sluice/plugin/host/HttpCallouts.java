package dev.sluice.plugin.host;

import dev.sluice.plugin.Headers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls a granted upstream by HTTP, through the gateway's own pools. */
public interface HttpCallouts {
  /**
   * Is a request; headers hold {@code :method}, {@code :path} and {@code :authority}.
   *
   * @param upstream the name of a granted upstream
   * @param trailers sent after the body, or null
   * @param timeout for the whole call
   */
  record Request(
      String upstream,
      Headers headers,
      byte[] body,
      @Nullable Headers trailers,
      Duration timeout) {}

  /** Is a whole response; {@code trailers} is empty when there were none. */
  record Response(Headers headers, byte[] body, Headers trailers) {}

  /**
   * Starts a call.
   *
   * @throws ServiceException at once: NOT_GRANTED, NOT_FOUND, BAD_ARGUMENT (pseudo-headers
   *     missing), LIMIT (callouts in flight). Later failures reach the completion.
   */
  Cancellable call(Request request, Completion<Response> completion);
}
