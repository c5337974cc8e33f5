package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Is {@code sluice plugin dev} in a process of its own, as in an author's terminal. */
final class DevProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Process process;
  private final Path log;

  private DevProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts it in a folder. */
  static DevProcess start(Path folder, String... arguments) {
    var dist = System.getProperty("sluice.dist");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SluiceCommand.QUICK);
    command.addAll(List.of("-cp", dist + "/lib/*:" + dist + "/inspector/*"));
    command.addAll(List.of("dev.sluice.gateway.Main", "plugin", "dev"));
    command.addAll(List.of(arguments));
    try {
      var log = folder.resolve("dev.log");
      var builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().put("SLUICE_DIST", dist);
      builder.environment().put("SLUICE_CACHE", folder.resolve("cache").toString());
      builder.environment().put("SLUICE_STATE", folder.resolve("state").toString());
      return new DevProcess(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns all that it wrote. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it has written something. */
  void awaitLog(String text) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(log()).contains(text);
              assertThat(process.isAlive()).isTrue();
            });
  }

  /** Ends it as Ctrl-C does, and returns the exit code. */
  int interrupt() {
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
