package dev.sluice.plugin;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;

/**
 * Receives the callbacks of one exchange: the <em>stream context</em> of a plugin.
 *
 * <p>An instance serves one exchange and is created by {@link
 * dev.sluice.plugin.engine.PluginRoot#newFilter}. Every callback runs on the event loop of the
 * exchange, one after another, and must not block. A callback that throws fails the plugin on this
 * exchange by its {@link FailStrategy}; neighbours are not affected.
 *
 * <p>Headers and bodies handed to a callback may be changed in place until the filter passes them
 * on (returns {@link FilterStatus#CONTINUE} or resumes). A {@link Body} is valid only inside a
 * callback or while the filter holds it back.
 */
public interface HttpFilter {
  /**
   * Receives the request headers, pseudo-headers ({@code :method}, {@code :path}, {@code
   * :authority}, {@code :scheme}) first.
   *
   * @param endOfStream whether the request has neither body nor trailers
   */
  default FilterStatus onRequestHeaders(Headers headers, boolean endOfStream) {
    return FilterStatus.CONTINUE;
  }

  /**
   * Receives request bytes. While this filter buffers, {@code body} holds all that it held back so
   * far followed by the new bytes; otherwise only the new bytes.
   */
  default FilterStatus onRequestBody(Body body, boolean endOfStream) {
    return FilterStatus.CONTINUE;
  }

  /** Receives the request trailers; the request ends with them. */
  default FilterStatus onRequestTrailers(Headers trailers) {
    return FilterStatus.CONTINUE;
  }

  /**
   * Receives the response headers, {@code :status} first. Informational (1xx) ones are not shown.
   */
  default FilterStatus onResponseHeaders(Headers headers, boolean endOfStream) {
    return FilterStatus.CONTINUE;
  }

  /** Receives response bytes, as {@link #onRequestBody} does for the request. */
  default FilterStatus onResponseBody(Body body, boolean endOfStream) {
    return FilterStatus.CONTINUE;
  }

  /** Receives the response trailers; the response ends with them. */
  default FilterStatus onResponseTrailers(Headers trailers) {
    return FilterStatus.CONTINUE;
  }

  /**
   * Receives the parsed LLM request of an AI route, before {@link #onRequestBody} would pass the
   * raw bytes on.
   */
  default FilterStatus onAiRequest(AiRequest request) {
    return FilterStatus.CONTINUE;
  }

  /** Receives one event of the LLM response of an AI route, in order. */
  default FilterStatus onAiEvent(AiEvent event) {
    return FilterStatus.CONTINUE;
  }

  /** Learns how the LLM response ended; nothing can be changed any more. */
  default void onAiEnd(AiEnd end) {}

  /** Is called once when the exchange has ended, before its access log line is written. */
  default void onLog() {}

  /** Is called once and last, however the exchange ended; releases what the filter holds. */
  default void onDestroy() {}
}
