package dev.sluice.registry;

import java.util.List;

/**
 * Says whose signature a plugin must have.
 *
 * @param keys any one of them is enough, so that a new key can be added before an old one goes
 * @param required whether a plugin without a signature is refused; one that has signatures, none of
 *     them by a key, always is
 */
public record SignaturePolicy(List<VerifyingKey> keys, boolean required) {
  /** Asks for nothing. */
  public static final SignaturePolicy NONE = new SignaturePolicy(List.of(), false);

  /** Copies the list. */
  public SignaturePolicy {
    keys = List.copyOf(keys);
    if (required && keys.isEmpty()) {
      throw new IllegalArgumentException("keys: none (expected: at least one when required)");
    }
  }

  /** Returns whether signatures are looked at. */
  public boolean checks() {
    return !keys.isEmpty();
  }
}
