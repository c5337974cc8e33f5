package dev.sluice.plugin;

import dev.sluice.plugin.ai.AiExchange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is one exchange as one filter sees it, and what that filter may do to it.
 *
 * <p>All methods belong to the event loop of the exchange, except {@link #resume}, {@link #execute}
 * and {@link #isClosed}, which any thread may call. After the stream has ended everything here does
 * nothing and answers null or empty.
 */
public interface StreamContext {
  /** Returns a number that is unique in the process. */
  long id();

  /** Returns the request headers, or null before they arrived. */
  @Nullable Headers requestHeaders();

  /** Returns the request trailers, or null while there are none. */
  @Nullable Headers requestTrailers();

  /** Returns the response headers, or null before they arrived. */
  @Nullable Headers responseHeaders();

  /** Returns the response trailers, or null while there are none. */
  @Nullable Headers responseTrailers();

  /**
   * Returns the bytes that this filter sees or holds in a direction, or null when there are none.
   */
  @Nullable Body body(Direction direction);

  /**
   * Passes on what this filter holds back in a direction and lets the callbacks go on. Idempotent,
   * thread-safe, takes effect on the loop, and is ignored once the stream has ended.
   */
  void resume(Direction direction);

  /**
   * Answers in place of the upstream. The response callbacks of the filters that saw the request
   * headers run, this one's included; once response headers are out the stream is reset. The status
   * that the running callback returns afterwards is ignored.
   */
  void sendLocalResponse(LocalResponse response);

  /**
   * Sends bytes to the filters after this one, as if they had come through it; possible while this
   * filter holds the direction back. With {@code endOfStream} nothing may follow.
   */
  void inject(Direction direction, byte[] data, boolean endOfStream);

  /**
   * Adds trailers to a message that ends without; possible in the callback that sees the end of
   * stream. Returns the empty trailers to fill.
   */
  Headers addTrailers(Direction direction);

  /** Ends the whole exchange at once, with a reset (proxy-wasm {@code proxy_close_stream}). */
  void resetStream();

  /** Sets how many bytes this filter may hold in a direction; at most the configured limit. */
  void setBufferLimit(Direction direction, long bytes);

  /** Makes the gateway match the route again before the upstream is chosen. */
  void clearRouteCache();

  /**
   * Returns the endpoints that the route as it is matched now leads to; empty when it leads to
   * none.
   */
  default List<UpstreamHost> upstreamHosts() {
    return List.of();
  }

  /**
   * Has the first attempt go to an endpoint, whatever the load balancing would choose. A later
   * attempt, and one to an upstream that does not have it, is balanced as ever.
   *
   * @param address {@code ip:port}
   * @return whether {@link #upstreamHosts} has it and the first attempt has not begun
   */
  default boolean overrideUpstreamHost(String address) {
    return false;
  }

  /** Returns the attributes of the exchange. */
  Properties properties();

  /**
   * Returns the normalized LLM exchange, or null off AI routes.
   *
   * @throws dev.sluice.plugin.host.ServiceException with NOT_GRANTED without the grant {@code ai}
   */
  @Nullable AiExchange ai();

  /** Runs a task on the loop of the exchange; dropped and counted when the stream has ended. */
  void execute(Runnable task);

  /** Returns whether the exchange has ended. */
  boolean isClosed();
}
