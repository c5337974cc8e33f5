package dev.sluice.registry.internal.sign;

import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.SignaturePolicy;
import dev.sluice.registry.VerifyingKey;
import java.util.List;
import java.util.Optional;

/** Holds the signatures of an artifact against a policy. */
public final class SignatureCheck {
  private SignatureCheck() {}

  /** Returns the key of a signature that is about a digest, if there is one. */
  public static Optional<VerifyingKey> signer(
      FoundSignature signature, Digest subject, List<VerifyingKey> keys) {
    return signature.isAbout(subject) ? author(signature, keys) : Optional.empty();
  }

  private static Optional<VerifyingKey> author(FoundSignature signature, List<VerifyingKey> keys) {
    return keys.stream()
        .filter(key -> key.verifies(signature.signed(), signature.signature()))
        .findFirst();
  }

  /**
   * Accepts or refuses an artifact.
   *
   * @return the key that signed it; empty when it is not signed and need not be
   * @throws RegistryException UNVERIFIED with what was found instead
   */
  public static Optional<VerifyingKey> check(
      List<FoundSignature> found, Digest subject, SignaturePolicy policy, String url) {
    for (var signature : found) {
      var signer = signer(signature, subject, policy.keys());
      if (signer.isPresent()) {
        return signer;
      }
    }
    if (found.isEmpty() && !policy.required()) {
      return Optional.empty();
    }
    throw new RegistryException(Reason.UNVERIFIED, url + reason(found, subject, policy));
  }

  private static String reason(List<FoundSignature> found, Digest subject, SignaturePolicy policy) {
    var names = policy.keys().stream().map(VerifyingKey::source).distinct().toList();
    if (found.isEmpty()) {
      return " is not signed (expected: a signature by " + names + ")";
    }
    for (var signature : found) {
      var author = author(signature, policy.keys());
      if (author.isPresent()) {
        return " carries a signature by "
            + author.get().source()
            + " that is about "
            + signature.subjects()
            + " (expected: "
            + subject
            + ")";
      }
    }
    return " carries signatures (" + found.size() + "), none by " + names;
  }
}
