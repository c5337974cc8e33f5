package dev.sluice.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.wasm.testing.Wat;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Sends bytes through TCP listeners, with and without a NETWORK plugin (network-guest.wat). */
@ExtendWith(LeakCheck.class)
class TcpListenersTest {
  private static final int LARGE = 100 << 20;

  @TempDir private Path folder;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private TestAuthority authority;
  private EchoServer echo;
  private ProtocolGateway gateway;

  @BeforeEach
  void start() throws IOException {
    echo = new EchoServer();
    opened.add(echo);
    guest("one");
    guest("two");
    authority = TestAuthority.create(folder, "test");
    var pair = authority.issue("localhost");
    gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners:
              - {name: plain, address: "127.0.0.1:0", protocol: tcp, upstream: echo}
              - {name: filtered, address: "127.0.0.1:0", protocol: tcp, upstream: echo, plugins: [guest]}
              - {name: open, address: "127.0.0.1:0", protocol: tcp, upstream: echo, plugins: [open]}
              - {name: dead, address: "127.0.0.1:0", protocol: tcp, upstream: dead}
              - {name: few, address: "127.0.0.1:0", protocol: tcp, upstream: echo, limits: {connections: 1}}
              - {name: idle, address: "127.0.0.1:0", protocol: tcp, upstream: echo, timeouts: {idle: 300ms}}
              - name: secure
                address: "127.0.0.1:0"
                protocol: tcp
                upstream: echo
                tls: {certificates: [{cert: "%s", key: "%s"}]}
            upstreams:
              - {name: echo, endpoints: [{address: "127.0.0.1:%d"}]}
              - {name: dead, endpoints: [{address: "127.0.0.1:%d"}]}
            plugins:
              - {name: guest, type: NETWORK, url: "file:one.wasm", limits: {bodyBuffer: 64KiB}}
              - {name: open, type: NETWORK, url: "file:two.wasm", failStrategy: FAIL_OPEN, priority: 9}
            """
                .formatted(pair.cert(), pair.key(), echo.port(), closedPort()));
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
    log.start();
  }

  private void guest(String version) throws IOException {
    try (InputStream in = TcpListenersTest.class.getResourceAsStream("network-guest.wat")) {
      var text = new String(in.readAllBytes(), UTF_8).replace("VERSION:", "v-" + version + "---");
      Files.write(folder.resolve(version + ".wasm"), Wat.assemble(text));
    }
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @AfterEach
  void stop() throws Exception {
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
    for (var each : opened) {
      each.close();
    }
    gateway.close();
  }

  /** Sends back what it gets, and closes when it got all. */
  private static final class EchoServer implements AutoCloseable {
    private final ServerSocket server;

    EchoServer() throws IOException {
      server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          var socket = server.accept();
          Thread.ofVirtual().start(() -> serve(socket));
        }
      } catch (IOException e) {
        // closed
      }
    }

    private static void serve(Socket socket) {
      try (socket) {
        socket.getInputStream().transferTo(socket.getOutputStream());
        socket.shutdownOutput();
      } catch (IOException e) {
        // the test looks at the other side
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  private Socket connect(String listener) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port(listener));
    socket.setSoTimeout(60_000);
    opened.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  private static String receive(Socket socket, int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), UTF_8);
  }

  private static int end(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (IOException e) {
      return -1; // a reset is an end too
    }
  }

  private void says(String... messages) {
    await()
        .untilAsserted(
            () ->
                assertThat(List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage))
                    .map(text -> text.substring(text.indexOf(": ") + 1).strip())
                    .contains(messages));
  }

  private void logged(String... parts) {
    await()
        .untilAsserted(
            () ->
                assertThat(gateway.accessLog())
                    .anySatisfy(line -> assertThat(line).contains(parts)));
  }

  @Test
  void relaysBothWaysAndTheEndOfEach() throws IOException {
    var socket = connect("plain");
    send(socket, "hello");
    assertThat(receive(socket, 5)).isEqualTo("hello");
    send(socket, "bye");
    socket.shutdownOutput();
    assertThat(receive(socket, 3)).isEqualTo("bye");
    assertThat(end(socket)).isEqualTo(-1);
    logged(
        "\"protocol\":\"TCP\",\"listener\":\"plain\"",
        "\"upstream\":\"echo\",\"endpoint\":\"127.0.0.1:" + echo.port(),
        "\"receivedBytes\":8,\"sentBytes\":8");
  }

  @Test
  void movesAHundredMegabytesToASlowReaderInBoundedMemory() throws Exception {
    for (var listener : new String[] {"plain", "filtered"}) {
      var socket = connect(listener);
      var sent = new CRC32();
      var sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    var random = new Random(7);
                    var chunk = new byte[64 << 10];
                    try {
                      for (int i = 0; i < LARGE / chunk.length; i++) {
                        random.nextBytes(chunk);
                        for (int at = 0; at < chunk.length; at++) {
                          chunk[at] =
                              (byte) ('a' + (chunk[at] & 15)); // nothing that the guest knows
                        }
                        sent.update(chunk);
                        socket.getOutputStream().write(chunk);
                      }
                      socket.shutdownOutput();
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      long most = 0;
      long total = 0;
      var received = new CRC32();
      var buffer = new byte[1500];
      for (int n; (n = socket.getInputStream().read(buffer)) >= 0; total += n) {
        received.update(buffer, 0, n);
        most = Math.max(most, PlatformDependent.usedDirectMemory());
      }
      assertThat(total).isEqualTo(LARGE);
      assertThat(received.getValue()).isEqualTo(sent.getValue());
      assertThat(most).as("direct memory").isLessThan(96L << 20);
      assertThat(sender.join(SwapGateway.PATIENCE)).as("all is sent").isTrue();
    }
  }

  @Test
  void keepsManyConnectionsApart() throws IOException {
    var sockets = new ArrayList<Socket>();
    for (int i = 0; i < 300; i++) {
      sockets.add(connect("filtered"));
    }
    for (int i = 0; i < sockets.size(); i++) {
      send(sockets.get(i), "%03d".formatted(i));
    }
    for (int i = 0; i < sockets.size(); i++) {
      assertThat(receive(sockets.get(i), 3)).isEqualTo("%03d".formatted(i));
      sockets.get(i).shutdownOutput();
      assertThat(end(sockets.get(i))).isEqualTo(-1);
    }
  }

  @Test
  void aPluginSeesHoldsReplacesAndResumes() throws IOException {
    var socket = connect("filtered");
    send(socket, "V");
    assertThat(receive(socket, 9)).isEqualTo("v-one---V");
    send(socket, "Rubbish");
    assertThat(receive(socket, 8)).isEqualTo("replaced");
    send(socket, "Hel");
    send(socket, "d\n");
    assertThat(receive(socket, 5)).isEqualTo("Held\n");
    send(socket, "Wait");
    assertThat(receive(socket, 4)).as("resumed by a tick").isEqualTo("Wait");
    send(socket, "Back");
    assertThat(receive(socket, 6)).as("with a mark at the end").isEqualTo("Backup");
    socket.shutdownOutput();
    assertThat(end(socket)).isEqualTo(-1);
    says("new", "127.0.0.1", "up 2", "down 2", "deleted");
  }

  @Test
  void aPluginCloses() throws IOException {
    var socket = connect("filtered");
    send(socket, "Quit");
    assertThat(end(socket)).isEqualTo(-1);
    says("down 1", "deleted");
    logged("\"code\":\"plugin_closed\",\"plugin\":\"guest\"");
  }

  @Test
  void aFailingPluginClosesOrLetsPass() throws IOException {
    var bystander = connect("plain");
    var closing = connect("filtered");
    send(closing, "Trap");
    assertThat(end(closing)).isEqualTo(-1);
    logged("\"code\":\"plugin_failed\",\"plugin\":\"guest\"");

    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              var back = connect("filtered");
              send(back, "x");
              assertThat(receive(back, 1)).as("its VM is rebuilt").isEqualTo("x");
            });
    send(bystander, "still");
    assertThat(receive(bystander, 5)).isEqualTo("still");
  }

  @Test
  void aPluginThatMayFailIsSkipped() throws IOException {
    var socket = connect("open");
    send(socket, "V");
    assertThat(receive(socket, 9)).isEqualTo("v-two---V");
    send(socket, "Trap");
    assertThat(receive(socket, 4)).isEqualTo("Trap");
    send(socket, "V");
    assertThat(receive(socket, 1)).as("for the rest of the connection").isEqualTo("V");
  }

  @Test
  void connectionsKeepThePluginTheyBeganWith() throws IOException {
    var old = connect("filtered");
    send(old, "V");
    assertThat(receive(old, 9)).startsWith("v-one");
    var file = folder.resolve("sluice.yaml");
    Files.writeString(file, Files.readString(file).replace("file:one.wasm", "file:two.wasm"));
    gateway.reload();
    var fresh = connect("filtered");
    send(fresh, "V");
    assertThat(receive(fresh, 9)).startsWith("v-two");
    send(old, "V");
    assertThat(receive(old, 9)).startsWith("v-one");
  }

  @Test
  void aNewVersionThatFailsLosesItsShareOfConnections() throws IOException {
    var file = folder.resolve("sluice.yaml");
    Files.writeString(
        file,
        Files.readString(file)
            .replace("\"file:one.wasm\",", "\"file:two.wasm\", canary: {percent: 50},"));
    gateway.reload();
    var seen = new TreeSet<String>();
    await()
        .ignoreExceptions()
        .until(
            () -> {
              var socket = connect("filtered");
              send(socket, "V");
              var version = receive(socket, 9);
              seen.add(version); // empty while the VM of the new version is rebuilt
              if (version.startsWith("v-two")) {
                send(socket, "Trap");
                end(socket);
              }
              return List.copyOf(log.list).stream()
                  .anyMatch(event -> event.getFormattedMessage().contains("is rolled back"));
            });
    assertThat(seen).contains("v-one---V", "v-two---V");
    for (int i = 0; i < 20; i++) {
      var socket = connect("filtered");
      send(socket, "V");
      assertThat(receive(socket, 9)).isEqualTo("v-one---V");
    }
  }

  @Test
  void aListenerThatIsGoneLetsItsConnectionsGoOn() throws IOException {
    var socket = connect("plain");
    send(socket, "x");
    assertThat(receive(socket, 1)).isEqualTo("x");
    var file = folder.resolve("sluice.yaml");
    var lines = Files.readAllLines(file);
    lines.removeIf(line -> line.contains("name: plain"));
    Files.write(file, lines);
    gateway.reload();
    send(socket, "y");
    assertThat(receive(socket, 1)).isEqualTo("y");
  }

  @Test
  void saysWhyThereIsNoConnection() throws IOException {
    assertThat(end(connect("dead"))).isEqualTo(-1);
    logged("\"listener\":\"dead\"", "\"code\":\"upstream_connect_failed\"");
  }

  @Test
  void boundsConnectionsAndIdleTime() throws IOException {
    var first = connect("few");
    send(first, "x");
    assertThat(receive(first, 1)).isEqualTo("x");
    assertThat(end(connect("few"))).isEqualTo(-1);
    first.close();
    assertThat(end(connect("idle"))).isEqualTo(-1);
    logged("\"listener\":\"idle\"", "\"code\":\"idle_timeout\"");
  }

  @Test
  void endsTls() throws IOException {
    try (var socket =
        authority
            .context()
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), gateway.port("secure"))) {
      send(socket, "secret");
      assertThat(receive(socket, 6)).isEqualTo("secret");
    }
    logged("\"listener\":\"secure\"", "\"receivedBytes\":6,\"sentBytes\":6");
  }
}
