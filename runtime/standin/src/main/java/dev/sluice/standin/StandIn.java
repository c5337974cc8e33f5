package dev.sluice.standin;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.standin.internal.Desk;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Stands in for providers of models: speaks the formats of OpenAI (chat, completions, responses,
 * embeddings, moderations, models), Anthropic (messages, count_tokens, models) and Gemini
 * (generateContent, streamGenerateContent, countTokens, models) over HTTP/1.1 and HTTP/2, and holds
 * requests to the rules of the real ones. It has no model: it answers a fixed text, calls the tools
 * it is offered, and counts a word as a token. Thread-safe.
 *
 * <p><b>Wishes.</b> A request can ask for what real providers do on their bad days, by words such
 * as {@code status=429 retry-after=2} in the header {@code x-standin}, after a plus sign in the
 * name of the model ({@code gpt-4o+cut=3}), in a text ({@code [[standin cut=3]]}), or in advance
 * for an API key ({@link #behave}). The list of words is in the documentation of the project.
 *
 * <p><b>Books.</b> {@code GET /standin/books} tells what it produced, {@code GET /standin/answers}
 * the same by request, {@code GET /standin/requests} the last requests as they arrived; DELETE
 * begins anew.
 */
public final class StandIn implements AutoCloseable {
  private final Transport transport;
  private final HttpServer server;
  private final Desk desk;

  private StandIn(StandInOptions options) {
    desk = new Desk(options);
    transport = Transport.create(options.threads());
    try {
      server =
          transport.bind(
              new ListenerConfig(
                  "stand-in",
                  List.of(options.address()),
                  null,
                  Timeouts.DEFAULT,
                  new ConnectionLimits(64 << 10, 256, 20_000, 0)),
              desk::begin);
    } catch (RuntimeException e) {
      transport.close();
      throw e;
    }
  }

  /**
   * Starts one.
   *
   * @throws Transport.BindException when the address is taken
   */
  public static StandIn start(StandInOptions options) {
    return new StandIn(options);
  }

  /** Starts one with the default options. */
  public static StandIn start() {
    return new StandIn(StandInOptions.DEFAULT);
  }

  /** Returns where it listens. */
  public InetSocketAddress address() {
    return server.addresses().getFirst();
  }

  /** Returns where it listens, as a URL without a path. */
  public String url() {
    return "http://" + address().getAddress().getHostAddress() + ":" + address().getPort();
  }

  /**
   * Has requests with an API key behave from now on.
   *
   * @param key the key, or {@code *} for every request
   * @param wishes words such as {@code status=401}; none for the usual
   * @throws IllegalArgumentException when a word is unknown
   */
  public void behave(String key, String wishes) {
    desk.behave(key, wishes);
  }

  /** Returns what it produced so far. */
  public Books books() {
    return desk.books();
  }

  /** Returns what it produced for each of the last 20,000 requests that asked for an answer. */
  public List<ProducedAnswer> answers() {
    return desk.answers();
  }

  /** Returns the last requests, oldest first. */
  public List<ReceivedRequest> requests() {
    return desk.requests();
  }

  /** Forgets books and requests. */
  public void forget() {
    desk.forget();
  }

  /** Stops at once. */
  @Override
  public void close() {
    transport.close();
  }
}
