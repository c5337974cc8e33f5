package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Knows where the distribution and the user's own folders are. */
final class Folders {
  private Folders() {}

  /** Returns the user's cache folder of Sluice. */
  static Path cache() {
    return folder("SLUICE_CACHE", "XDG_CACHE_HOME", ".cache");
  }

  /** Returns the user's folder for what Sluice must remember. */
  static Path state() {
    return folder("SLUICE_STATE", "XDG_STATE_HOME", ".local/state");
  }

  private static Path folder(String own, String base, String usual) {
    var named = System.getenv(own);
    if (isSet(named)) {
      return Path.of(String.valueOf(named));
    }
    var home = System.getenv(base);
    return isSet(home)
        ? Path.of(String.valueOf(home), "sluice")
        : Path.of(System.getProperty("user.home"), usual, "sluice");
  }

  /** Returns the folder for compiled modules, which only the user may write. */
  static Path code() {
    return cache().resolve("code");
  }

  /**
   * Returns a part of the distribution.
   *
   * @throws CommandFailure when it is not there
   */
  static Path distribution(String part) {
    var candidates =
        Stream.of(System.getenv("SLUICE_DIST"), System.getProperty("sluice.dist"), "target/dist");
    return candidates
        .filter(Folders::isSet)
        .map(folder -> Path.of(String.valueOf(folder), part))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new CommandFailure(
                    "the distribution has no " + part + "; start Sluice by its script `sluice`"));
  }

  /** Deletes a folder of a command's own with all that is in it; says so when it cannot. */
  static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      Output.say("cannot delete " + folder + ": " + e);
    }
  }

  private static boolean isSet(@Nullable String folder) {
    return folder != null && !folder.isEmpty();
  }
}
