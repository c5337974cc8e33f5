package dev.sluice.state.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Is a Redis server without persistence on a port of this machine. */
public final class RedisServer implements AutoCloseable {
  private final Path binary;
  private final int port;
  private Process process;

  private RedisServer(Path binary, int port, Process process) {
    this.binary = binary;
    this.port = port;
    this.process = process;
  }

  /** Starts one, or ends the test: {@code redis8-server} has vector sets. */
  public static RedisServer start(String name) {
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = probe.getLocalPort();
      probe.close();
      var binary = find(name);
      var server = new RedisServer(binary, port, run(binary, port));
      server.awaitAnswer();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path find(String name) {
    var path = System.getenv("PATH");
    var folders =
        Stream.concat(
            Stream.of(Path.of("../../.peers/bin")),
            Stream.of(path == null ? new String[0] : path.split(":", -1)).map(Path::of));
    var found = folders.map(folder -> folder.resolve(name)).filter(Files::isExecutable).findFirst();
    if (found.isEmpty()) {
      var line = "peer is missing: " + name + " (.ci/peers installs it)";
      if ("required".equals(System.getProperty("peers"))) {
        Assertions.fail(line);
      }
      Assumptions.abort(line);
    }
    return found.orElseThrow().toAbsolutePath();
  }

  private static Process run(Path binary, int port) throws IOException {
    var number = Integer.toString(port);
    var command =
        List.of(
            binary.toString(),
            "--port",
            number,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no");
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void awaitAnswer() {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return probe.isConnected();
              } catch (IOException e) {
                return false;
              }
            });
  }

  /** Returns its url. */
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Ends it; what it kept is gone. */
  public void stop() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Starts it again, empty, on the same port. */
  public void restart() {
    try {
      process = run(binary, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitAnswer();
  }

  @Override
  public void close() {
    stop();
  }
}
