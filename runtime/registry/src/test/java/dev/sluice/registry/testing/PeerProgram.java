package dev.sluice.registry.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
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
public final class PeerProgram {
  /** Far more than any of them needs, also on a busy machine. */
  private static final long MINUTES = 3;

  private final Path binary;
  private final Path folder;
  private final Map<String, String> environment;

  private PeerProgram(Path binary, Path folder, Map<String, String> environment) {
    this.binary = binary;
    this.folder = folder;
    this.environment = environment;
  }

  /**
   * Says how a program ended.
   *
   * @param code its exit code
   * @param output what it wrote, errors included
   */
  public record Result(int code, String output) {}

  /**
   * Returns a program, or ends the test.
   *
   * @param folder where it runs, and its home
   */
  public static PeerProgram find(String name, Path folder) {
    var found = candidates(name).filter(Files::isExecutable).findFirst();
    if (found.isEmpty()) {
      var line = "peer is missing: " + name + " (.ci/peers installs it)";
      if ("required".equals(System.getProperty("peers"))) {
        Assertions.fail(line);
      }
      Assumptions.abort(line);
    }
    return new PeerProgram(
        found.orElseThrow(),
        folder,
        Map.of("HOME", folder.toString(), "LC_ALL", "C", "NO_COLOR", "1"));
  }

  private static Stream<Path> candidates(String name) {
    var path =
        Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":"))
            .filter(entry -> !entry.isEmpty());
    return Stream.of(Stream.of(Path.of("../../.peers/bin")), path.map(Path::of))
        .flatMap(folders -> folders)
        .map(entry -> entry.resolve(name).toAbsolutePath());
  }

  /** Returns the same with a variable of its environment. */
  public PeerProgram with(String name, String value) {
    var more = new java.util.HashMap<>(environment);
    more.put(name, value);
    return new PeerProgram(binary, folder, Map.copyOf(more));
  }

  /** Runs it to its end, which must be a good one. */
  public String run(String... arguments) {
    var result = tryRun(arguments);
    if (result.code() != 0) {
      throw new AssertionError(
          binary.getFileName() + " " + List.of(arguments) + ":\n" + result.output());
    }
    return result.output();
  }

  /** Runs it to its end. */
  public Result tryRun(String... arguments) {
    var log = log();
    var process = start(log, arguments);
    try {
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(binary + " did not end:\n" + text(log));
      }
      return new Result(process.exitValue(), text(log));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + binary, e);
    }
  }

  /** Returns a new file for what a program writes. */
  public Path log() {
    try {
      return Files.createTempFile(folder, "peer", ".log");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it. */
  public Process start(Path log, String... arguments) {
    var command = new ArrayList<String>();
    command.add(binary.toString());
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(folder.toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    try {
      return builder.redirectOutput(log.toFile()).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
