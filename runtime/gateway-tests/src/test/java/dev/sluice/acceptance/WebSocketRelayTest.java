package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Has the JDK's WebSocket client talk with Netty's WebSocket server through the gateway: over
 * HTTP/1.1, in cleartext and TLS, with and without a Wasm plugin in between.
 */
@ParameterizedClass(name = "{0}, {1}")
@CsvSource({"plain, alone", "secure, alone", "plain, filtered", "secure, filtered"})
@ExtendWith(LeakCheck.class)
class WebSocketRelayTest {
  @Parameter(0)
  String kind = "";

  @Parameter(1)
  String chain = "";

  @TempDir Path folder;
  private final WebSocketServer server = new WebSocketServer();
  private @Nullable ProtocolGateway gateway;
  private @Nullable HttpClient client;

  @BeforeEach
  void start() {
    var authority = TestAuthority.create(folder, "test");
    var pair = authority.issue("localhost");
    ProtocolGateway.headerPlugin(folder);
    gateway =
        ProtocolGateway.start(
            folder,
            """
            drainTimeout: 1s
            listeners:
              - {name: plain, address: "127.0.0.1:0"}
              - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: "%s", key: "%s"}]}}
            upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
            plugins: [{name: hello, url: "file:header.wasm"}]
            routes: [{name: all, upstream: up, plugins: [%s]}]
            """
                .formatted(
                    pair.cert(),
                    pair.key(),
                    server.port(),
                    chain.equals("filtered") ? "hello" : ""));
    client = HttpClient.newBuilder().sslContext(authority.context()).build();
  }

  @AfterEach
  void stop() {
    if (client != null) {
      client.shutdownNow();
    }
    if (gateway != null) {
      gateway.close();
    }
    server.close();
  }

  private static <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("nothing came, or not started");
    }
    return part;
  }

  private WebSocket connect(String path, Received received) {
    var scheme = kind.equals("secure") ? "wss" : "ws";
    var uri = URI.create(scheme + "://localhost:" + present(gateway).port(kind) + path);
    return present(client)
        .newWebSocketBuilder()
        .subprotocols("unknown", "echo")
        .buildAsync(uri, received)
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
  }

  private static void done(java.util.concurrent.CompletableFuture<?> sending) {
    sending.orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Test
  void messagesPassBothWays() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    assertThat(socket.getSubprotocol()).isEqualTo("echo");
    for (int i = 0; i < 100; i++) {
      done(socket.sendText("message ✓ " + i, true));
      assertThat(received.next()).isEqualTo("text message ✓ " + i);
    }
    done(socket.sendBinary(ByteBuffer.wrap(new byte[0]), true));
    assertThat(received.binary()).isEmpty();
    done(socket.sendText("in ", false));
    done(socket.sendText("two ", false));
    done(socket.sendText("pieces", true));
    assertThat(received.next()).isEqualTo("text in two pieces");
    socket.abort();
  }

  @Test
  void largeFramesPassBothWays() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    for (int size : new int[] {125, 126, 65_535, 65_536, 1 << 20, WebSocketServer.LARGEST}) {
      var sent = new byte[size];
      new Random(size).nextBytes(sent);
      done(socket.sendBinary(ByteBuffer.wrap(sent), true));
      assertThat(Arrays.equals(received.binary(), sent)).as("%d octets", size).isTrue();
    }
    socket.abort();
  }

  @Test
  void pingsAreAnsweredFromEndToEnd() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    done(socket.sendPing(ByteBuffer.wrap(new byte[] {'x', 'y'})));
    assertThat(received.next()).isEqualTo("pong xy");
    done(socket.sendText("ping", true));
    assertThat(received.next()).isEqualTo("ping ping");
    assertThat(server.event()).isEqualTo("pong ping");
    socket.abort();
  }

  @Test
  void theClientCloses() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    done(socket.sendClose(4000, "bye"));
    assertThat(server.event()).isEqualTo("close 4000 bye");
    assertThat(received.next()).isEqualTo("close 4000 bye");
    assertThat(server.event()).isEqualTo("gone");
  }

  @Test
  void theServerCloses() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    done(socket.sendText("close", true));
    assertThat(received.next()).isEqualTo("close 4001 enough");
    assertThat(server.event()).startsWith("close 4001");
    assertThat(server.event()).isEqualTo("gone");
  }

  @Test
  void aClientThatVanishesIsGoneForTheServer() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    done(socket.sendText("first", true));
    assertThat(received.next()).isEqualTo("text first");
    socket.abort();
    assertThat(server.event()).isEqualTo("gone");
  }

  @Test
  void aServerThatVanishesIsGoneForTheClient() throws InterruptedException {
    var received = new Received();
    var socket = connect("/chat", received);
    done(socket.sendText("vanish", true));
    assertThat(received.next()).isIn("close 1006 ", "error");
  }

  @Test
  void aRefusedHandshakeIsAnOrdinaryAnswer() {
    var failure =
        catchThrowableOfType(
            CompletionException.class, () -> connect("/elsewhere", new Received()));
    assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
    var handshake = (WebSocketHandshakeException) present(failure.getCause());
    assertThat(present(handshake.getResponse()).statusCode()).isEqualTo(404);
  }

  /** Keeps what comes, whole messages at a time. */
  private static final class Received implements WebSocket.Listener {
    private final BlockingQueue<String> all = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> binaries = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();

    String next() throws InterruptedException {
      return present(all.poll(60, TimeUnit.SECONDS));
    }

    byte[] binary() throws InterruptedException {
      return present(binaries.poll(60, TimeUnit.SECONDS));
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        all.add("text " + text);
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      while (data.hasRemaining()) {
        octets.write(data.get());
      }
      if (last) {
        binaries.add(octets.toByteArray());
        octets.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer data) {
      all.add("ping " + StandardCharsets.UTF_8.decode(data));
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
      all.add("pong " + StandardCharsets.UTF_8.decode(data));
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      all.add("close " + code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable problem) {
      all.add("error");
    }
  }
}
