package dev.sluice.state.internal.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Makes names and arguments for Redis. */
public final class RedisNames {
  private RedisNames() {}

  /** Returns 16 hexadecimal digits that stand for a text. */
  public static String hash(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes(text));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Returns a name that lives in the slot of a key that has a hash tag, or in any. */
  static byte[] beside(byte @Nullable [] key, String name) {
    int end = 0;
    while (key != null && end < key.length && key[end] != '}') {
      end++;
    }
    return key == null || end == key.length
        ? bytes("sluice:" + name)
        : bytes(new String(key, 0, end + 1, StandardCharsets.UTF_8) + ":" + name);
  }

  /** Returns a text in UTF-8. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns a number in decimal digits. */
  public static byte[] bytes(long number) {
    return bytes(Long.toString(number));
  }
}
