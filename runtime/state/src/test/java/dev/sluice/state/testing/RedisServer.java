package dev.sluice.state.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Is a Redis server without persistence on a port of this machine. */
public final class RedisServer implements AutoCloseable {
  private final List<String> command;
  private final int port;
  private Process process;

  private RedisServer(List<String> command, int port) throws IOException {
    this.command = command;
    this.port = port;
    process = run(command);
  }

  /**
   * Starts one, or ends the test: {@code redis8-server} has vector sets.
   *
   * @param options of its command line, such as {@code --replicaof}
   */
  public static RedisServer start(String name, String... options) {
    return start(name, freePort(), options);
  }

  /** Starts one on a port of its own. */
  public static RedisServer start(String name, int port, String... options) {
    var command = new ArrayList<String>();
    command.add(find(name).toString());
    // A configuration file comes before all options.
    int first = options.length > 0 && options[0].endsWith(".conf") ? 1 : 0;
    command.addAll(List.of(options).subList(0, first));
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--save", "", "--appendonly", "no"));
    command.addAll(List.of(options).subList(first, options.length));
    try {
      var server = new RedisServer(command, port);
      server.awaitAnswer();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a port that nothing listened on a moment ago. */
  public static int freePort() {
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
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

  private static Process run(List<String> command) throws IOException {
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

  /** Returns where it listens. */
  public int port() {
    return port;
  }

  /** Has it do nothing until {@link #resume}; connections stay. */
  public void pause() {
    signal("STOP");
  }

  /** Has it go on. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    output(List.of("kill", "-" + signal, Long.toString(process.pid())));
  }

  /** Asks it by redis-cli and returns what that prints. */
  public String cli(String... arguments) {
    var line = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port)));
    line.addAll(List.of(arguments));
    return output(line);
  }

  /** Runs a program and returns what it prints. */
  public static String output(List<String> line) {
    try {
      var program = new ProcessBuilder(line).redirectErrorStream(true).start();
      var printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      program.waitFor();
      return printed.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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
      process = run(command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitAnswer();
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      resume();
    }
    stop();
  }
}
