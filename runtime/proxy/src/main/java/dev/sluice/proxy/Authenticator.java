package dev.sluice.proxy;

import dev.sluice.plugin.Headers;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who sent a request: after its route was found and before its filter chain begins, so
 * that every plugin sees the identity (design.md section 6). One serves all exchanges of its routes
 * on all loops: it is thread-safe and never blocks.
 */
@FunctionalInterface
public interface Authenticator {
  /** Identifies nobody. */
  Authenticator NONE = (exchange, headers, later) -> Outcome.ANONYMOUS;

  /**
   * Identifies the caller. Takes the credential out of the headers ({@code :path} included), so
   * that neither plugins nor upstreams see it. Called on the loop of the exchange.
   *
   * @param exchange its route and connection are known; {@link ExchangeRecord#path} is the path as
   *     it came
   * @param headers the request headers, which it may change before it returns and inside what it
   *     gives to {@code later}
   * @param later to be called once, from any thread, when this returned null. What it is given runs
   *     on the loop of the exchange, unless that has ended meanwhile. The exchange waits until then
   *     and reads no more of the body than fits in its window.
   * @return the outcome, or null when it comes later
   */
  @Nullable Outcome identify(
      ExchangeRecord exchange, Headers headers, Consumer<Supplier<Outcome>> later);

  /** Is what was found out. */
  sealed interface Outcome {
    /** There was no credential. The proxy refuses the request where the route requires one. */
    Outcome ANONYMOUS = new Anonymous();

    /** Nobody was identified. */
    record Anonymous() implements Outcome {}

    /** The caller is known. */
    record Identified(Identity identity) implements Outcome {}

    /**
     * The credential is wrong, or its owner may not come here.
     *
     * @param error what the caller is told, in its own protocol
     * @param headers further response headers such as {@code www-authenticate}
     */
    record Refused(GatewayError error, Headers headers) implements Outcome {}
  }
}
