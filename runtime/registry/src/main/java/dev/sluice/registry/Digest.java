package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Is a content digest (OCI image specification, "Digests"): sha256, or sha512 by its length.
 *
 * @param hex 64 or 128 lower-case hexadecimal digits, so it is safe as a file name
 */
public record Digest(String hex) {
  private static final Pattern HEX = Pattern.compile("[a-f0-9]{64}|[a-f0-9]{128}");

  /**
   * @throws RegistryException BAD_REFERENCE when it is neither in lower-case hexadecimal
   */
  public Digest {
    if (!HEX.matcher(hex).matches()) {
      throw new RegistryException(
          Reason.BAD_REFERENCE,
          "digest: \"" + hex + "\" (expected: 64 or 128 lower-case hexadecimal digits)");
    }
  }

  /** Parses {@code sha256:…} or {@code sha512:…}. */
  public static Digest parse(String text) {
    int length = text.startsWith("sha256:") ? 64 : text.startsWith("sha512:") ? 128 : -1;
    if (length < 0 || text.length() != 7 + length) {
      throw new RegistryException(
          Reason.BAD_REFERENCE,
          "digest: \""
              + text
              + "\" (expected: sha256: and 64, or sha512: and 128 hexadecimal digits)");
    }
    return new Digest(text.substring(7));
  }

  /** Returns whether a text has the form of a digest, whatever its algorithm. */
  public static boolean isDigest(String text) {
    return text.indexOf(':') > 0;
  }

  /** Returns the SHA-256 of bytes. */
  public static Digest of(byte[] bytes) {
    return new Digest(HexFormat.of().formatHex(sha256().digest(bytes)));
  }

  /** Returns the digest of bytes with the algorithm of this one. */
  public Digest ofSame(byte[] bytes) {
    return new Digest(HexFormat.of().formatHex(hash().digest(bytes)));
  }

  /** Returns a new SHA-256. */
  public static MessageDigest sha256() {
    return hash("SHA-256");
  }

  /** Returns a new hash with the algorithm of this digest. */
  public MessageDigest hash() {
    return hash(hex.length() == 64 ? "SHA-256" : "SHA-512");
  }

  private static MessageDigest hash(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + name, e);
    }
  }

  /** Returns {@code sha256} or {@code sha512}. */
  public String algorithm() {
    return hex.length() == 64 ? "sha256" : "sha512";
  }

  @Override
  public String toString() {
    return algorithm() + ":" + hex;
  }
}
