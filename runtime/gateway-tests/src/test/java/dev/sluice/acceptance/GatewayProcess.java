package dev.sluice.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/** Is a gateway in a process of its own, as the distribution starts it. */
final class GatewayProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path log;
  private final URI admin;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private GatewayProcess(Process process, Path log, URI admin) {
    this.process = process;
    this.log = log;
    this.admin = admin;
  }

  /**
   * Starts a gateway and returns when it serves.
   *
   * @param folder takes its configuration, log and cache
   * @param config YAML without {@code admin}
   */
  static GatewayProcess start(Path folder, String config, String... jvmFlags) {
    var gateway = launch(folder, config, jvmFlags);
    gateway.awaitReady();
    return gateway;
  }

  /** Starts a gateway that may fail to. */
  static GatewayProcess launch(Path folder, String config, String... jvmFlags) {
    try {
      int port = freePort();
      var file =
          Files.writeString(
              folder.resolve("sluice.yaml"),
              "admin: {address: \"127.0.0.1:%d\"}\n".formatted(port) + config);
      var log = folder.resolve("log");
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
      command.addAll(List.of(jvmFlags));
      command.addAll(List.of("-cp", System.getProperty("sluice.dist") + "/lib/*"));
      command.addAll(List.of("dev.sluice.gateway.Main", "run", "-c", file.toString()));
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.redirectOutput(log.toFile());
      builder.environment().put("SLUICE_CACHE", folder.resolve("cache").toString());
      builder.environment().put("SLUICE_STATE", folder.resolve("state").toString());
      return new GatewayProcess(builder.start(), log, URI.create("http://127.0.0.1:" + port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      if (!process.isAlive()) {
        throw new IllegalStateException("the gateway ended:\n" + log());
      }
      try {
        if (get("/readyz").statusCode() == 200) {
          return;
        }
      } catch (UncheckedIOException e) {
        // It does not listen yet.
      }
      LockSupport.parkNanos(20_000_000); // the gateway needs the processor to start
    }
    throw new IllegalStateException("the gateway does not become ready:\n" + log());
  }

  /** Returns where a listener with port 0 listens. */
  InetSocketAddress address(String listener) {
    var line = Pattern.compile("listener " + listener + " at \\[/[0-9.]+:([0-9]+)").matcher(log());
    if (!line.find()) {
      throw new IllegalStateException("no listener " + listener + ":\n" + log());
    }
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(line.group(1)));
  }

  /** Returns all that it wrote. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns an address of the admin API. */
  URI admin(String path) {
    return admin.resolve(path);
  }

  /** Asks the admin API. */
  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(admin.resolve(path)).timeout(PATIENCE).build());
  }

  /** Sends a document to the admin API. */
  HttpResponse<String> put(String path, String body) {
    return send(
        HttpRequest.newBuilder(admin.resolve(path))
            .timeout(PATIENCE)
            .PUT(BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Returns the sum of the samples of a metric whose line contains a text. */
  double metric(String name, String containing) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name) && line.contains(containing))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Returns the memory of the process that was resident at most, in octets. */
  long peakResident() {
    return status("VmHWM:");
  }

  /** Returns the memory of the process that is resident, in octets. */
  long resident() {
    return status("VmRSS:");
  }

  private long status(String field) {
    try {
      for (var line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
        if (line.startsWith(field)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      throw new IllegalStateException("no " + field);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Has it collect its garbage, so that the heap in use is the heap that lives. */
  void collectGarbage() {
    jcmd("GC.run");
  }

  /** Collects its garbage and returns how many objects of a class live. */
  long instances(String className) {
    for (var line : jcmd("GC.class_histogram").lines().toList()) {
      var words = line.strip().split("\\s+", -1);
      if (words.length >= 4 && words[3].equals(className)) {
        return Long.parseLong(words[1]);
      }
    }
    return 0;
  }

  private String jcmd(String command) {
    var tool = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var output = log.resolveSibling("jcmd");
    try {
      var running =
          new ProcessBuilder(tool, Long.toString(process.pid()), command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || running.exitValue() != 0) {
        throw new IllegalStateException("jcmd failed: " + Files.readString(output));
      }
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits for its end and returns the exit code. */
  int exitCode() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("the gateway goes on:\n" + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    exitCode();
    client.close();
  }
}
