package dev.sluice.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Is the SHA-256 of a credential: what is kept and compared instead of it. Credentials are looked
 * up by their hash, so the time that takes says nothing of how much of a guess was right.
 *
 * @param a the first 8 octets
 * @param b the second
 * @param c the third
 * @param d the last
 */
public record KeyHash(long a, long b, long c, long d) {
  private static final String PREFIX = "sha256:";
  private static final int OCTETS = 32;
  private static final ThreadLocal<Sha256> SHA256 = ThreadLocal.withInitial(Sha256::new);

  /** Is the digest of one thread with the place for what it computes. */
  private static final class Sha256 {
    private final MessageDigest digest;
    private final byte[] result = new byte[OCTETS];

    Sha256() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    KeyHash hash(byte[] octets) {
      digest.update(octets);
      try {
        digest.digest(result, 0, OCTETS);
      } catch (DigestException e) {
        throw new IllegalStateException("the place is large enough", e);
      }
      return read(result);
    }
  }

  /** Returns the hash of a credential. */
  public static KeyHash of(String credential) {
    byte[] octets = credential.getBytes(StandardCharsets.UTF_8);
    var hash = SHA256.get().hash(octets);
    Arrays.fill(octets, (byte) 0);
    return hash;
  }

  /**
   * Returns what stands in a configuration: {@code sha256:} and 64 hexadecimal digits as that hash,
   * anything else as the key itself.
   *
   * @throws IllegalArgumentException when it begins so and goes on otherwise; without the value
   */
  public static KeyHash configured(String text) {
    if (!text.startsWith(PREFIX)) {
      return of(text);
    }
    var digits = text.substring(PREFIX.length());
    if (digits.length() != OCTETS * 2 || !digits.chars().allMatch(HexFormat::isHexDigit)) {
      throw new IllegalArgumentException("expected: sha256: and 64 hexadecimal digits");
    }
    return read(HexFormat.of().parseHex(digits));
  }

  private static KeyHash read(byte[] octets) {
    var in = ByteBuffer.wrap(octets);
    return new KeyHash(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  /** Compares without a branch on the octets. */
  @Override
  public boolean equals(Object other) {
    return other instanceof KeyHash o && ((a ^ o.a) | (b ^ o.b) | (c ^ o.c) | (d ^ o.d)) == 0;
  }

  @Override
  public int hashCode() {
    return (int) (a ^ a >>> 32);
  }

  @Override
  public String toString() {
    return "KeyHash[***]";
  }
}
