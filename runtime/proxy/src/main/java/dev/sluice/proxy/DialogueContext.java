package dev.sluice.proxy;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.proxy.route.Route;
import java.time.Duration;

/**
 * Is an exchange as its {@link Dialogue} sees it. Belongs to the loop, but for {@link #execute}.
 */
public interface DialogueContext {
  /** Returns what is known of the exchange. */
  ExchangeRecord exchange();

  /** Returns its route. */
  Route route();

  /** Returns a random number of at least 0. */
  int random();

  /** Runs a task on the loop, from any thread; drops it when the exchange has ended. */
  void execute(Runnable task);

  /** Runs a task after a delay, up to 20 ms late, unless it is cancelled or the exchange ends. */
  Cancellable after(Duration delay, Runnable task);

  /** Has the client send its body if it waits to be asked ({@code expect: 100-continue}). */
  void askForBody();

  /**
   * Sends a whole request to an endpoint of an upstream. At most one call is under way: the one
   * before has ended or was cancelled. Only {@code onConnected} may be called before this returns.
   *
   * @param request with {@code :authority}, or without to send the one of the endpoint
   */
  UpstreamCall call(String upstream, Headers request, byte[] body, UpstreamCall.Listener listener);

  /** Stops or continues reading from the peer that sends in a direction. Calls are counted. */
  void block(Direction direction, boolean full);

  /** Returns whether response headers are out. */
  boolean responseBegun();

  /** Sends what was held back of the response headers. */
  void flush();

  /** Answers with an error in the words of the route, or ends the response that has begun. */
  void fail(GatewayError failure);

  /** Answers with an error in other words, or ends the response that has begun. */
  void fail(GatewayError failure, ErrorRenderer.Answer words);

  /** Answers in place of an upstream. */
  void answer(ErrorRenderer.Answer answer);
}
