package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.sluice.wasm.testing.Wat;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Has a Wasm guest call a grpc-java server; it answers with a record of its callbacks
 * (grpc-guest.wat).
 */
class GrpcCalloutTest {
  @TempDir private Path folder;
  private final GrpcService service = new GrpcService();
  private Server server;
  private Path guest;
  private SwapGateway gateway;

  @BeforeEach
  void start() throws IOException {
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    server =
        NettyServerBuilder.forAddress(loopback)
            .addService(service)
            .intercept(new GrpcService.SendBack())
            .build()
            .start();
    guest = folder.resolve("guest.wasm");
    try (InputStream in = GrpcCalloutTest.class.getResourceAsStream("grpc-guest.wat")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      Files.write(guest, Wat.assemble(text));
    }
    gateway = SwapGateway.start(folder, config(closedPort()));
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String config(int closed) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 1
    upstreams:
      - {name: grpc, protocol: h2, endpoints: [{address: "127.0.0.1:%1$d"}]}
      - {name: old, protocol: http/1.1, endpoints: [{address: "127.0.0.1:%1$d"}]}
      - {name: dead, protocol: h2, endpoints: [{address: "127.0.0.1:%2$d"}]}
      - {name: forbidden, protocol: h2, endpoints: [{address: "127.0.0.1:%1$d"}]}
    plugins:
      - {name: caller, url: "file:%3$s", grants: {grpc: [grpc, old, dead]}, limits: {callouts: 4}}
    routes: [{name: all, upstream: dead, plugins: [caller]}]
    """
        .formatted(server.getPort(), closed, guest);
  }

  @AfterEach
  void stop() throws InterruptedException {
    gateway.close();
    server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
  }

  private String call(String upstream, String kind, String method, String message, int count) {
    return gateway
        .get(
            "/",
            "x-upstream",
            upstream,
            "x-kind",
            kind,
            "x-method",
            method,
            "x-message",
            message,
            "x-count",
            Integer.toString(count))
        .body();
  }

  @ParameterizedTest
  @CsvSource({
    "unary,  Unary,    hello, 1, '[hello]'",
    "unary,  Unary,    fail,  1, '=Jnot now: 100 % naïve ✓'",
    "unary,  Nothing,  x,     1, '=MMethod not found: sluice.test.Octets/Nothing'",
    "stream, Unary,    hello, 1, 'Hhello[hello]T=A'",
    "stream, Download, 4,     1, 'Hhello[0][1][2][3]T=A'",
    "stream, Download, 3,     1, 'Hhello[0][1][2]T=Kodd'",
    "stream, Upload,   abcde, 9, 'Hhello[9 messages, 45 octets]T=A'",
    "stream, Chat,     ab,    3, 'Hhello[ab][ab][ab]T=A'",
    "close,  Chat,     ab,    2, 'Hhello[ab][ab]T=A'",
    "close,  Upload,   ab,    0, 'Hhello[0 messages, 0 octets]T=A'",
    "cancel, Chat,     ab,    2, ''",
  })
  void passesEachKindOfCallOn(
      String kind, String method, String message, int count, String record) {
    assertThat(call("grpc", kind, method, message, count)).isEqualTo(record);
    assertThat(call("grpc", kind, method, message, count)).as("again").isEqualTo(record);
  }

  @Test
  void sendsAnswersOfManyMessages() {
    var record = call("grpc", "stream", "Download", "2000", 1);

    assertThat(record).startsWith("Hhello[0][1]").endsWith("[1998][1999]T=A");
  }

  @Test
  void endsAUnaryCallAtItsDeadline() throws InterruptedException {
    assertThat(call("grpc", "unary", "Unary", "wait", 1)).startsWith("=E");
    var cancelled = service.cancelled().poll(60, TimeUnit.SECONDS);
    assertThat(cancelled).isNotNull();
    assertThat(cancelled.getDeadline()).as("the server was told of it").isNotNull();
  }

  @Test
  void saysWhyACallDoesNotComeAbout() {
    assertThat(call("nowhere", "unary", "Unary", "x", 1)).as("not granted").isEqualTo("!K");
    assertThat(call("forbidden", "unary", "Unary", "x", 1)).isEqualTo("!K");
    assertThat(call("dead", "unary", "Unary", "x", 1)).startsWith("=Oupstream dead: ");
    assertThat(call("dead", "stream", "Chat", "x", 1)).startsWith("T=Oupstream dead: ");
    assertThat(call("old", "unary", "Unary", "x", 1))
        .isEqualTo("=Oupstream old: speaks HTTP/1.1 (expected: HTTP/2; protocol: h2)");
    assertThat(call("grpc", "unary", "U/nary", "x", 1)).isEqualTo("!C");
    assertThat(call("grpc", "unary", "Unary", "x", 1)).as("still").isEqualTo("[x]");
  }

  /** Opens a chat that nobody ends; returns when it is interrupted. */
  private void openChat() {
    assertThat(catchThrowable(() -> call("grpc", "open", "Chat", "x", 1))).isNotNull();
  }

  @Test
  void boundsTheCallsInFlightAndEndsThemWithTheirPlugin() {
    var asking =
        IntStream.range(0, 4).mapToObj(i -> Thread.ofVirtual().start(this::openChat)).toList();
    await().atMost(SwapGateway.PATIENCE).until(() -> service.chats().get() == 4);

    assertThat(call("grpc", "unary", "Unary", "x", 1)).as("a fifth call").isEqualTo("!K");

    var replacing =
        gateway.admin(
            "PUT",
            "/plugins/caller",
            "{name: caller, url: \"file:%s\", grants: {grpc: [grpc]}, vmConfig: {vmId: other}}"
                .formatted(guest));
    assertThat(replacing.statusCode()).as(replacing.body()).isEqualTo(200);
    assertThat(call("grpc", "unary", "Unary", "x", 1)).as("the new plugin").isEqualTo("[x]");
    asking.forEach(Thread::interrupt);
    await()
        .atMost(SwapGateway.PATIENCE)
        .untilAsserted(() -> assertThat(service.chats().get()).as("calls of the old one").isZero());
  }
}
