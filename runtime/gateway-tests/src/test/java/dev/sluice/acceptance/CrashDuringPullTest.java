package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryServer;
import dev.sluice.registry.testing.HttpPeer;
import dev.sluice.registry.testing.Meddler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills gateways (SIGKILL) in the middle of a pull, and starts others on the same cache. */
class CrashDuringPullTest {
  private static final byte[] MODULE = SwapGateway.headerGuest();

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "up"));
  private final HttpClient http = HttpClient.newHttpClient();
  private final CountDownLatch over = new CountDownLatch(1);

  /** Counts down when half of a blob is on its way; the other half never comes. */
  private volatile CountDownLatch half = new CountDownLatch(0);

  @TempDir private Path folder;
  private RegistryServer registry;
  private Meddler behind;
  private HttpPeer front;

  @BeforeEach
  void start() {
    registry =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    behind = Meddler.before(registry, (asked, reply) -> reply);
    front = HttpPeer.start(this::answer);
  }

  @AfterEach
  void stop() {
    over.countDown();
    front.close();
    behind.close();
    registry.close();
    upstream.close();
    transport.close();
    http.close();
  }

  private void answer(HttpPeer.Asked asked, OutputStream out) throws IOException {
    var reply = behind.forward(asked);
    var waiting = half;
    if (!asked.target().contains("/blobs/") || waiting.getCount() == 0) {
      HttpPeer.reply(out, reply.status(), reply.headers(), reply.body());
      return;
    }
    HttpPeer.head(out, reply.status(), reply.headers(), reply.body().length);
    out.write(reply.body(), 0, reply.body().length / 2);
    out.flush();
    waiting.countDown();
    await(over);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void startsRightAfterACrashDuringItsFirstPull() throws IOException {
    push(MODULE);
    half = new CountDownLatch(1);
    try (var gateway = GatewayProcess.launch(folder, config())) {
      await(half);
      assertThat(gateway.log()).doesNotContain("ready");
    }
    assertThat(folder.resolve("cache/artifacts")).exists();
    assertEveryBlobIsWhole();
    half = new CountDownLatch(0);

    try (var gateway = GatewayProcess.start(folder, config())) {
      assertServes(gateway);
    }
    assertEveryBlobIsWhole();
    registry.close();
    try (var gateway = GatewayProcess.start(folder, config())) {
      assertServes(gateway);
    }
  }

  @Test
  void startsWithTheVersionBeforeAfterACrashDuringARefresh() throws Exception {
    push(MODULE);
    var before = Digest.of(MODULE);
    try (var gateway = GatewayProcess.start(folder, config())) {
      assertServes(gateway);
      push(SwapGateway.relabelled(MODULE, 2));
      half = new CountDownLatch(1);
      var refresh =
          HttpRequest.newBuilder(gateway.admin("/plugins/hello/refresh"))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build();
      var refreshing = http.sendAsync(refresh, BodyHandlers.discarding());
      await(half);
      assertServes(gateway);
      assertThat(refreshing).isNotDone();
    }
    assertEveryBlobIsWhole();
    registry.close();

    try (var gateway = GatewayProcess.start(folder, config())) {
      assertServes(gateway);
      assertThat(folder.resolve("cache/artifacts/blobs/sha256").resolve(before.hex())).exists();
    }
  }

  private void assertServes(GatewayProcess gateway) {
    var web = URI.create("http://127.0.0.1:" + gateway.address("web").getPort() + "/");
    try {
      var response = http.send(HttpRequest.newBuilder(web).build(), BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().allValues("x-hello")).containsExactly("one");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Every blob that has its name has its bytes, whatever the crash left beside. */
  private void assertEveryBlobIsWhole() throws IOException {
    try (var files = Files.list(folder.resolve("cache/artifacts/blobs/sha256"))) {
      for (var file : files.toList()) {
        var name = String.valueOf(file.getFileName());
        if (!name.startsWith(".tmp-")) {
          assertThat(Digest.of(Files.readAllBytes(file)).hex()).isEqualTo(name);
        }
      }
    }
  }

  private String config() {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 1
    upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
    plugins:
      - name: hello
        url: "%s/team/hello:1"
        pluginConfig: {header: x-hello, value: one}
    routes: [{name: all, upstream: up, plugins: [hello]}]
    """
        .formatted(upstream.port(), front.host());
  }

  private void push(byte[] module) throws IOException {
    var host = "127.0.0.1:" + registry.address().getPort();
    var file = Files.write(folder.resolve("pushed.wasm"), module);
    try (var client = new RegistryClient(host, null, false)) {
      PluginPackage.of(file).push(client, PluginUrl.oci(host + "/team/hello:1"), Progress.NONE);
    }
  }
}
