package dev.sluice.acceptance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds and runs a program that nobody here wrote, in the {@code .peers} folder of the repository
 * or on the path. Where it is missing the test is skipped, or fails with {@code -Dpeers=required}.
 */
final class PeerProgram {
  /** Far more than any of them needs, also on a busy machine. */
  private static final long MINUTES = 5;

  private final Path binary;

  private PeerProgram(Path binary) {
    this.binary = binary;
  }

  /**
   * Says how a program ended.
   *
   * @param code its exit code
   * @param output what it wrote, errors included
   */
  record Result(int code, String output) {}

  /** Returns a program, or ends the test. */
  static PeerProgram find(String name) {
    var found = candidates(name).filter(Files::isExecutable).findFirst();
    if (found.isEmpty()) {
      missing(name);
    }
    return new PeerProgram(found.orElseThrow());
  }

  /** Returns a program at a place of its own, or ends the test. */
  static PeerProgram at(Path binary) {
    require(binary);
    return new PeerProgram(binary);
  }

  /** Ends the test where a file or folder is missing. */
  static void require(Path part) {
    if (!Files.exists(part)) {
      missing(part.toString());
    }
  }

  private static void missing(String name) {
    var line = "peer is missing: " + name + " (.ci/peers installs it)";
    if ("required".equals(System.getProperty("peers"))) {
      Assertions.fail(line);
    }
    Assumptions.abort(line);
  }

  private static Stream<Path> candidates(String name) {
    var peers = Path.of(System.getProperty("sluice.root", "../..")).resolve(".peers");
    var path =
        Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":"))
            .filter(folder -> !folder.isEmpty());
    return Stream.of(
            Stream.of(peers.resolve("bin"), peers.resolve("venv/bin")),
            path.map(Path::of),
            Stream.of(Path.of("/usr/sbin")))
        .flatMap(folders -> folders)
        .map(folder -> folder.resolve(name).toAbsolutePath());
  }

  /** Returns where it is. */
  Path binary() {
    return binary;
  }

  /** Runs it to its end. */
  Result run(String... arguments) {
    return run(List.of(arguments));
  }

  /** Runs it to its end. */
  Result run(List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(binary.toString());
    command.addAll(arguments);
    try {
      var output = Files.createTempFile("peer", ".log");
      try {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(Map.of("LC_ALL", "C", "NO_COLOR", "1"));
        var process = builder.redirectOutput(output.toFile()).start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError(command + " did not end:\n" + text(output));
        }
        return new Result(process.exitValue(), text(output));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new AssertionError("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + command, e);
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
