package dev.sluice.control.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Reads the files that the module carries. */
public final class Resources {
  private Resources() {}

  /** Returns the text of a file beside {@link dev.sluice.control.Gateway}. */
  public static String text(String name) {
    try (var in = Resources.class.getResourceAsStream("/dev/sluice/control/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the distribution lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
