package dev.sluice.state.internal.vectors;

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
record RedisScript(String text, String sha) {
  /** Reads a script beside this class, behind what all have in common. */
  static RedisScript of(String name) {
    var text = read("common.lua") + read(name + ".lua");
    try {
      var sha = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
      return new RedisScript(text, HexFormat.of().formatHex(sha));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  private static String read(String file) {
    try (var in = Objects.requireNonNull(RedisScript.class.getResourceAsStream(file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
