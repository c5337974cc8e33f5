package dev.sluice.identity.internal;

import dev.sluice.identity.Consumer;
import dev.sluice.proxy.Authenticator.Outcome.Identified;

/** Is what came of looking at a token. */
sealed interface TokenOutcome {
  /** It is a consumer's. */
  record Known(Identified identified) implements TokenOutcome {
    static Known of(Consumer consumer) {
      return new Known(new Identified(consumer));
    }

    String name() {
      return identified.identity().name();
    }
  }

  /** It is from an issuer that is not configured: meant for somebody else. */
  record Foreign() implements TokenOutcome {}

  /** It is valid, but no consumer's. */
  record Nobody(String detail) implements TokenOutcome {}

  /**
   * It is from a known issuer and not to be believed.
   *
   * @param message for the caller
   * @param detail for the log
   */
  record Failed(String message, String detail) implements TokenOutcome {}

  /** It cannot be checked now. */
  record Unavailable(String detail) implements TokenOutcome {}
}
