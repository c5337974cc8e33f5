package dev.sluice.plugin;

/**
 * Says what the filter chain does after a callback of an {@link HttpFilter} returned.
 *
 * <p>The meaning follows Envoy's filter statuses. One enumeration serves all callbacks; where a
 * status has no meaning for a callback the constant says what it is taken for.
 */
public enum FilterStatus {
  /**
   * Passes on to the next filter what this callback saw, together with everything that this filter
   * held back before in the same direction.
   */
  CONTINUE,

  /**
   * Holds the headers (or trailers) back from the following filters. After headers, body and
   * trailers callbacks of this filter go on: the first of them that returns {@link #CONTINUE}
   * releases the headers too. Returned for a body it means {@link #STOP_ITERATION_NO_BUFFER}.
   */
  STOP_ITERATION,

  /**
   * Holds back and buffers what comes, up to the body buffer limit: beyond it a request is answered
   * 413 and a response 502 (a reset once its headers are out). Returned for headers, this filter
   * gets no further callback in this direction until it resumes. Returned for a body, the callback
   * is called again with all that is buffered when more arrives.
   */
  STOP_ITERATION_AND_BUFFER,

  /**
   * Like {@link #STOP_ITERATION_AND_BUFFER}, but stops reading from the peer at the limit instead
   * of failing: for filters that resume by themselves. Returned for a body, the callback is called
   * again with what came since only; what it saw before is passed on ahead of it, unchanged.
   */
  STOP_ITERATION_AND_WATERMARK,

  /**
   * Holds the following filters back and drops the bytes of this callback: the filter has taken
   * them and injects what shall be sent. Returned for headers it means {@link #STOP_ITERATION}.
   */
  STOP_ITERATION_NO_BUFFER,

  /**
   * Passes the headers on and ends the stream with them: a body that follows is discarded. Returned
   * for a body, that body is the last; returned for trailers it means {@link #CONTINUE}.
   */
  CONTINUE_AND_END_STREAM
}
