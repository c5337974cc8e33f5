package dev.sluice.ai;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.proxy.Identity;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses where LLM calls go: behind the filter chain, once for each call and again for each
 * attempt that failed. One serves all routes of a configuration on all loops: it is thread-safe and
 * never blocks.
 */
public interface ModelRouter {
  /**
   * Begins the choice for a call. Called on the loop of the exchange, when the plugins are done
   * with the request.
   *
   * @param later to be called once, from any thread, when this returned null; ignored when the
   *     exchange has ended meanwhile
   * @return the choice, or null when it comes later
   */
  @Nullable Choice choose(AiCall call, Facts facts, Consumer<Choice> later);

  /** Returns the names of the models that the caller may use, for the lists of models. */
  List<String> models(Facts facts);

  /** Is what is known of the exchange beside the call. Loop-bound. */
  interface Facts {
    /** Returns who asks, or null when nobody was identified. */
    @Nullable Identity identity();

    /** Returns the request headers as the plugins left them. */
    Headers headers();

    /** Returns the route's name. */
    String route();

    /** Returns the number of the loop, from 0. */
    int loop();

    /** Returns a random number of at least 0, another each time. */
    int random();
  }

  /** Is the choice for one call. Used on the loop of the exchange only. */
  interface Choice {
    /**
     * Returns the next target to try, or null when there is none left. Before it is called again,
     * {@link #ended} was called for the target that it returned.
     *
     * @param before how the last target failed; null at first
     */
    @Nullable Target next(@Nullable Failed before);

    /**
     * An attempt at a target has ended, well or not; called exactly once for each target that
     * {@link #next} returned, when its response has ended too.
     */
    void ended(Target target, AttemptEnd end);

    /**
     * Returns what to tell the caller when {@link #next} returned null: that the model is unknown
     * or forbidden, that no target can be had. Null tells what the last attempt failed with.
     */
    default @Nullable AiError refusal() {
      return null;
    }

    /** Returns what to say as {@code retry-after} with the {@link #refusal}; zero for nothing. */
    default Duration retryAfter() {
      return Duration.ZERO;
    }

    /** Returns a choice of nothing. */
    static Choice refused(AiError why) {
      return new Choice() {
        @Override
        public @Nullable Target next(@Nullable Failed before) {
          return null;
        }

        @Override
        public void ended(Target target, AttemptEnd end) {
          throw new IllegalStateException("no target was given");
        }

        @Override
        public AiError refusal() {
          return why;
        }
      };
    }
  }

  /** Is what to call, and how. Used on the loop of the exchange only. */
  interface Target {
    /** Returns the name of an upstream of the snapshot. */
    String upstream();

    /** Returns the provider's name. */
    String provider();

    /** Returns the provider's name of the model; an empty string keeps the client's. */
    String model();

    /** Returns the wire format spoken there. */
    AiFormat format();

    /** Returns the authority to send, or an empty string for the address of the endpoint. */
    String authority();

    /** Returns how long it may take. */
    Timeouts timeouts();

    /** Returns whether the provider knows OpenAI's {@code stream_options.include_usage}. */
    default boolean streamUsage() {
      return true;
    }

    /** Returns the request as it is sent: with another body where the provider frames it. */
    default ProviderRequest framed(ProviderRequest request) {
      return request;
    }

    /**
     * Completes a request: its path from the one below the base URL, authentication, the provider's
     * own headers.
     *
     * @param request what {@link #framed} returned
     * @param headers with {@code :method}, {@code :path} (set to {@link ProviderRequest#path}),
     *     {@code :scheme}, {@code :authority}, {@code content-type}, {@code content-length};
     *     nothing else of the client's
     */
    void sign(ProviderRequest request, Headers headers);

    /**
     * Returns a decoder of the provider's framing for one response, or null when none is needed.
     */
    default @Nullable BodyDecoder decoder() {
      return null;
    }

    /**
     * Returns whether the client's request goes on as it came, with its headers and path: to an
     * upstream that a route names itself.
     */
    default boolean transparent() {
      return false;
    }
  }

  /**
   * Turns a provider's framing into what the format says (an event stream into SSE). Loop-bound.
   */
  interface BodyDecoder {
    /**
     * Returns the content type of what it makes.
     *
     * @param status the response's status
     * @param contentType the response's content type, or null
     */
    @Nullable String contentType(int status, @Nullable String contentType);

    /**
     * Takes bytes and returns what they make, possibly nothing.
     *
     * @throws AiFormatException when they are not in the framing
     */
    byte[] decode(byte[] bytes, int offset, int length, boolean end);
  }

  /**
   * Limits the time of an attempt; zero is no limit.
   *
   * @param connect to a connection on which the request can go
   * @param firstToken from the begin of the attempt to the first content (or to the end of a
   *     response that is not streamed)
   * @param betweenTokens from one piece of the response to the next
   * @param total from the begin of the attempt to the end of the response
   */
  record Timeouts(Duration connect, Duration firstToken, Duration betweenTokens, Duration total) {
    /** No limits. */
    public static final Timeouts NONE =
        new Timeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  /** Names what went wrong with an attempt. */
  enum Failure {
    /** No connection could be had, or no endpoint of the upstream; nothing was sent. */
    CONNECT,
    /** The upstream has as many requests as it may have. */
    CIRCUIT,
    /** The provider broke off before content came. */
    RESET,
    /** One of the timeouts passed. */
    TIMEOUT,
    /** The response has a status of 400 or more. */
    STATUS,
    /** A response of status 200 holds an error and no content. */
    ERROR_IN_STREAM,
    /** The response is none of the provider's format, or ended before its content began. */
    MALFORMED,
    /** The provider's format cannot say what the client said. */
    UNSUPPORTED
  }

  /**
   * Says how an attempt failed before any content of it was passed on.
   *
   * @param status of the response, or 0 when none came
   * @param headers of the response, or null when none came: {@code retry-after} and such
   * @param error what the provider or the gateway says of it
   */
  record Failed(
      Target target, Failure failure, int status, @Nullable Headers headers, AiError error) {}

  /**
   * Says how an attempt ended.
   *
   * @param failure what went wrong, or null: also of an attempt that was {@code committed}
   * @param status of the response, or 0 when none came
   * @param firstTokenNanos from its begin to its first content, or -1
   * @param totalNanos from its begin to its end
   * @param usage the provider's or an estimate, or null when nothing was used
   * @param committed whether its response was passed on to the client
   * @param cancelled whether the client or a plugin ended it
   */
  record AttemptEnd(
      @Nullable Failure failure,
      int status,
      @Nullable Headers headers,
      long firstTokenNanos,
      long totalNanos,
      @Nullable Usage usage,
      boolean committed,
      boolean cancelled) {}
}
