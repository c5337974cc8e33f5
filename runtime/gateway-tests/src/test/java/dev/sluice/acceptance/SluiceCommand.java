package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs the command line of the distribution as an author does. */
final class SluiceCommand {
  /** What the launcher gives such commands. */
  static final List<String> QUICK =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC");

  private static final List<String> TEST = List.of("plugin", "test");

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private @Nullable Path turn;

  /**
   * Creates it.
   *
   * @param folder where it runs; takes its cache
   */
  SluiceCommand(Path folder) {
    this.folder = folder;
    environment.put("SLUICE_DIST", System.getProperty("sluice.dist"));
    environment.put("SLUICE_CACHE", folder.resolve("cache").toString());
    environment.put("SLUICE_STATE", folder.resolve("state").toString());
  }

  /**
   * Says how it ended.
   *
   * @param errors what it wrote for people
   */
  record Result(int code, String output, String errors) {}

  /** Sets a variable of its environment. */
  SluiceCommand with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Has the second start of a command be quicker than the first, as the launcher does. */
  private static List<String> archive(String... arguments) {
    var kind =
        List.of(arguments).subList(0, Math.min(2, arguments.length)).equals(TEST)
            ? "plugin"
            : "command";
    return List.of(
        "-XX:+AutoCreateSharedArchive",
        "-XX:SharedArchiveFile=" + Path.of("target", "classes-" + kind + ".jsa").toAbsolutePath(),
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off");
  }

  /** Has it wait for other JVMs of tests whose commands share something, such as a folder. */
  SluiceCommand inTurn(String shared) {
    turn = Path.of("target", shared + ".lock");
    return this;
  }

  /** Runs it to its end, whatever that is. */
  Result attempt(String... arguments) {
    if (turn == null) {
      return runToEnd(arguments);
    }
    try (var channel = FileChannel.open(turn, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      return runToEnd(arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Result runToEnd(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(QUICK);
    command.addAll(archive(arguments));
    command.addAll(
        List.of("-cp", System.getProperty("sluice.dist") + "/lib/*", "dev.sluice.gateway.Main"));
    command.addAll(List.of(arguments));
    try {
      var errors = Files.createTempFile(folder, "errors", ".log");
      var builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.redirectError(errors.toFile()).environment().putAll(environment);
      var process = builder.start();
      var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output, Files.readString(errors));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Runs it, expects that it succeeds, and returns its standard output. */
  String run(String... arguments) {
    var result = attempt(arguments);
    assertThat(result.code()).as(result.errors()).isZero();
    return result.output();
  }
}
