package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Has a Wasm guest speak RESP to an upstream (redis-guest.wat). */
class RedisCalloutTest {
  private static final String PING = "*1~$4~PING~";

  @TempDir private Path folder;

  private SwapGateway start(int port, String configuration) throws IOException {
    var guest = folder.resolve("guest.wasm");
    try (InputStream in = RedisCalloutTest.class.getResourceAsStream("redis-guest.wat")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      Files.write(guest, Wat.assemble(text));
    }
    return SwapGateway.start(
        folder,
        """
        listeners: [{name: web, address: "127.0.0.1:0"}]
        accessLog: {}
        threads: 1
        upstreams:
          - {name: redis, endpoints: [{address: "127.0.0.1:%d"}]}
          - {name: other, endpoints: [{address: "127.0.0.1:%d"}]}
        plugins:
          - {name: caller, url: "file:%s", pluginConfig: {"u": "%s"}, grants: {redis: [redis]}, limits: {callouts: 600}}
        routes: [{name: all, upstream: redis, plugins: [caller]}]
        """
            .formatted(port, port, guest, configuration));
  }

  private static String call(SwapGateway gateway, String command) {
    return gateway.get("/", "x-command", command).body();
  }

  /** Is a server whose answers are written in the test: one for each connection. */
  private static final class Script implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final AtomicInteger accepted = new AtomicInteger();
    private final List<Socket> open = new ArrayList<>();

    /** What it says in pieces once something was asked; {@code CLOSE} ends the connection. */
    Script(String... answers) throws IOException {
      Thread.ofVirtual().start(() -> serve(List.of(answers)));
    }

    private void serve(List<String> answers) {
      try {
        for (var answer : answers) {
          var connection = socket.accept();
          open.add(connection);
          connection.setTcpNoDelay(true);
          accepted.incrementAndGet();
          assertThat(connection.getInputStream().read(new byte[4096])).isPositive();
          for (var piece : answer.split("\\|", -1)) {
            if (piece.equals("CLOSE")) {
              connection.close();
              break;
            }
            connection.getOutputStream().write(piece.getBytes(StandardCharsets.UTF_8));
            connection.getOutputStream().flush();
          }
        }
      } catch (IOException e) {
        // The test is over.
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
      for (var connection : open) {
        connection.close();
      }
    }
  }

  @Test
  void putsRepliesTogetherThatComeInPieces() throws IOException {
    var value = "*3\r\n$5\r\nhello\r\n:7\r\n*-1\r\n";
    var pieces = String.join("|", value.split(""));
    try (var script = new Script(pieces);
        var gateway = start(script.socket.getLocalPort(), "redis")) {
      assertThat(call(gateway, PING)).isEqualTo("0:" + value);
    }
  }

  @Test
  void failsACallWhoseReplyIsNone() throws IOException {
    try (var script =
            new Script(
                "CLOSE",
                "",
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                "$99999999999999\r\n",
                "$3\r\nab|CLOSE",
                "+fine\r\n");
        var gateway = start(script.socket.getLocalPort(), "redis")) {
      for (int i = 0; i < 5; i++) {
        assertThat(call(gateway, PING)).as("connection %d", i + 1).isEqualTo("1:");
      }
      assertThat(call(gateway, PING)).isEqualTo("0:+fine\r\n");
      assertThat(script.accepted).hasValue(6);
    }
  }

  @Test
  void refusesWhatCannotBeSent() throws IOException {
    try (var script = new Script("+a\r\n");
        var gateway = start(script.socket.getLocalPort(), "redis")) {
      for (var command : List.of("PING~", "*1~$4~PI~", PING + PING, "*2~$4~PING~", "$4~PING~")) {
        assertThat(call(gateway, command)).as(command).isEqualTo("!C");
      }
      assertThat(script.accepted).as("connections made").hasValue(0);
      assertThat(call(gateway, PING)).isEqualTo("0:+a\r\n");
    }
    try (var script = new Script();
        var gateway = start(script.socket.getLocalPort(), "other")) {
      assertThat(call(gateway, PING)).as("without a grant").isEqualTo("!K");
    }
  }

  @Test
  void endsItsConnectionWithThePlugin() throws IOException {
    try (var script = new Script("+a\r\n");
        var gateway = start(script.socket.getLocalPort(), "redis")) {
      assertThat(call(gateway, PING)).isEqualTo("0:+a\r\n");
      gateway.putConfig("listeners: [{name: web, address: \"127.0.0.1:0\"}]\n");
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> script.open.getFirst().getInputStream().read() == -1);
    }
  }

  @Test
  @Tag("peers")
  void speaksToRedis() throws Exception {
    var redis = PeerProgram.find("redis-server");
    try (var server = RedisServer.start(redis, folder, "--requirepass", "secret");
        var gateway = start(server.port(), "redis?db=3&buffer_flush_timeout=3 secret");
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(call(gateway, PING)).isEqualTo("0:+PONG\r\n");
      assertThat(call(gateway, "*3~$3~SET~$1~k~$3~a b~")).isEqualTo("0:+OK\r\n");
      assertThat(call(gateway, "*2~$3~GET~$1~k~")).isEqualTo("0:$3\r\na b\r\n");
      assertThat(call(gateway, "*2~$3~GET~$4~none~")).isEqualTo("0:$-1\r\n");
      assertThat(call(gateway, "*1~$4~OOPS~")).startsWith("0:-ERR unknown command");
      assertThat(call(gateway, "*3~$6~SELECT~$1~0~$1~x~")).startsWith("0:-ERR wrong number");

      var counting = new ArrayList<Callable<String>>();
      for (int i = 0; i < 500; i++) {
        counting.add(() -> call(gateway, "*2~$4~INCR~$1~n~"));
      }
      var replies = new ArrayList<String>();
      for (var reply : pool.invokeAll(counting)) {
        replies.add(resultOf(reply));
      }
      assertThat(replies).doesNotHaveDuplicates().contains("0::1\r\n", "0::500\r\n");
    }
    try (var server = RedisServer.start(redis, folder, "--requirepass", "secret");
        var gateway = start(server.port(), "redis wrong")) {
      assertThat(call(gateway, PING)).as("a wrong password").isEqualTo("1:");
    }
  }

  private static String resultOf(java.util.concurrent.Future<String> future)
      throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
