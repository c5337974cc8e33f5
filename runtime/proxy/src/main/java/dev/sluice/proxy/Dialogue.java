package dev.sluice.proxy;

import dev.sluice.plugin.ai.AiExchange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Understands what is said in one exchange: gives the filter chain its further callbacks, and takes
 * the request to upstreams in place of the route's {@link AttemptPolicy}. Belongs to the loop of
 * the exchange.
 */
public interface Dialogue {
  /** Returns what stands before a filter that wants to see the parsed request. */
  Stage gate(Participant filter, Stage next);

  /** Returns the end of the request's way, from where it goes to upstreams. */
  Stage end();

  /**
   * Tells where responses of upstreams go; called once, before the request comes.
   *
   * @param filters those that see the parsed response before its bytes go to {@code next}, in the
   *     order of the response
   */
  void replyTo(List<Participant> filters, Stage next);

  /**
   * Returns a place where a response, which is in the client's protocol already, is parsed again:
   * behind a filter that may have changed its bytes, and for an answer made here.
   */
  Stage again(List<Participant> filters, Stage next);

  /** Returns what a filter may do to the dialogue. */
  AiExchange view(Participant filter);

  /** Returns what is known of it. */
  AiFacts facts();

  /**
   * Returns the bytes that end a response which has begun with an error, or null when only a reset
   * can end it. They are sent to the client as they are.
   */
  byte @Nullable [] lastWords(GatewayError failure);

  /** Nothing more of the request or of the upstream's response is wanted. */
  void cut();

  /** The exchange has ended; the last callbacks of the filters follow. */
  void over(List<Participant> filters);
}
