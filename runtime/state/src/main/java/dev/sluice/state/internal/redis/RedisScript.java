package dev.sluice.state.internal.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * Is a script for the server with the name that it has there.
 *
 * @param sha the SHA-1 of the text, in hexadecimal digits
 */
public record RedisScript(String text, String sha) {
  /**
   * Reads a script from files one behind the other.
   *
   * @param beside the class beside which they stand
   * @param names of the files, without {@code .lua}
   */
  public static RedisScript of(Class<?> beside, String... names) {
    var text = new StringBuilder();
    for (var name : names) {
      text.append(read(beside, name + ".lua"));
    }
    return of(text.toString());
  }

  /** Makes a script from its text. */
  public static RedisScript of(String text) {
    try {
      var sha = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
      return new RedisScript(text, HexFormat.of().formatHex(sha));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  /** Returns the text in UTF-8. */
  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String read(Class<?> beside, String file) {
    try (var in = Objects.requireNonNull(beside.getResourceAsStream(file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
