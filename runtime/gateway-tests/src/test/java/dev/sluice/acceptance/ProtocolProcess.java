package dev.sluice.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Is a gateway in a JVM of its own, so that its memory can be bounded and looked at. */
final class ProtocolProcess implements AutoCloseable {
  private final Process process;
  private final Path log;

  private ProtocolProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a gateway and returns when it serves.
   *
   * @param folder takes its files
   * @param config YAML
   * @param jvm flags of the JVM
   */
  static ProtocolProcess start(Path folder, String config, String... jvm) {
    try {
      var file = Files.writeString(folder.resolve("process.yaml"), config);
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
      command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+ExitOnOutOfMemoryError"));
      command.add("--sun-misc-unsafe-memory-access=allow");
      command.addAll(Arrays.asList(jvm));
      command.addAll(List.of("-cp", classPath(), "dev.sluice.gateway.Main"));
      command.addAll(List.of("run", "-c", file.toString()));
      var log = folder.resolve("process.log");
      var building = new ProcessBuilder(command).redirectErrorStream(true);
      building.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
      var started = new ProtocolProcess(building.redirectOutput(log.toFile()).start(), log);
      await()
          .atMost(60, TimeUnit.SECONDS)
          .failFast("the gateway ended", () -> !started.process.isAlive())
          .until(() -> started.log().lines().anyMatch("ready"::equals));
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Returns what it has logged. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the address of a listener. */
  InetSocketAddress address(String listener) {
    var found = Pattern.compile("listener " + listener + " at \\[\\S*:(\\d+)\\]").matcher(log());
    if (!found.find()) {
      throw new IllegalStateException("no listener " + listener + " in:\n" + log());
    }
    return new InetSocketAddress(
        InetAddress.getLoopbackAddress(), Integer.parseInt(found.group(1)));
  }

  /** Returns the sum of a metric over its points whose labels contain a text. */
  static double metric(int adminPort, String name, String label) {
    var uri = URI.create("http://127.0.0.1:" + adminPort + "/metrics");
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).build();
      return client
          .send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .filter(line -> line.contains(label))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Collects its garbage, so that what is used is what lives. */
  void collect() {
    var tool = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    try {
      var running =
          new ProcessBuilder(tool, Long.toString(process.pid()), "GC.run")
              .redirectErrorStream(true)
              .redirectOutput(log.resolveSibling("jcmd.log").toFile())
              .start();
      if (!running.waitFor(60, TimeUnit.SECONDS) || running.exitValue() != 0) {
        throw new IllegalStateException(
            "jcmd failed: " + Files.readString(log.resolveSibling("jcmd.log")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
