package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Is a content digest (OCI image specification, "Digests"); only sha256.
 *
 * @param hex 64 lower-case hexadecimal digits, so it is safe as a file name
 */
public record Digest(String hex) {
  private static final Pattern HEX = Pattern.compile("[a-f0-9]{64}");
  private static final String PREFIX = "sha256:";

  /**
   * @throws RegistryException BAD_REFERENCE when it is no sha256 in lower-case hexadecimal
   */
  public Digest {
    if (!HEX.matcher(hex).matches()) {
      throw new RegistryException(
          Reason.BAD_REFERENCE,
          "digest: \"" + hex + "\" (expected: 64 lower-case hexadecimal digits)");
    }
  }

  /** Parses {@code sha256:…}. */
  public static Digest parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new RegistryException(
          Reason.BAD_REFERENCE,
          "digest: \"" + text + "\" (expected: sha256: and 64 hexadecimal digits)");
    }
    return new Digest(text.substring(PREFIX.length()));
  }

  /** Returns the digest of bytes. */
  public static Digest of(byte[] bytes) {
    return new Digest(HexFormat.of().formatHex(sha256().digest(bytes)));
  }

  /** Returns a new SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
