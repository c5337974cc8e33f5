package dev.sluice.http.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Tells whether the files of certificates have changed: those of a name get renewed in place. */
public final class PemFiles {
  private PemFiles() {}

  /**
   * Returns a digest of what stands in files.
   *
   * @throws IllegalArgumentException when one cannot be read, naming it
   */
  public static String digest(List<Path> files) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (var file : files) {
        var octets = read(file);
        // The length keeps what is in one file apart from what is in the next.
        digest.update(Integer.toString(octets.length).getBytes(StandardCharsets.US_ASCII));
        digest.update((byte) ' ');
        digest.update(octets);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e, e);
    }
  }
}
