package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.testing.HttpPeer;
import dev.sluice.registry.testing.Meddler;
import dev.sluice.registry.testing.Meddler.Change;
import dev.sluice.registry.testing.Meddler.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Asks registries that lie, break off, stall and lead elsewhere. */
class HostileRegistryTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};

  @TempDir private Path folder;
  private RegistryServer server;
  private Digest digest;
  private int resolvers;

  @BeforeEach
  void start() throws IOException {
    server =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    var file = Files.write(folder.resolve("plugin.wasm"), MODULE);
    var host = "127.0.0.1:" + server.address().getPort();
    try (var client = new RegistryClient(host, null, false)) {
      digest = PluginPackage.of(file).push(client, PluginUrl.oci(host + "/a/b:1"), Progress.NONE);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void refusesEveryFlippedByte() throws IOException {
    byte[] manifest;
    var host = "127.0.0.1:" + server.address().getPort();
    try (var client = new RegistryClient(host, null, false)) {
      manifest = client.manifest("a/b", "1").bytes();
    }
    for (int i = 0; i < manifest.length; i += 7) {
      int at = i;
      // Pinned, because whoever changes a tag's manifest may change its digest too.
      refuses(
          (asked, reply) -> asked.target().contains("/manifests/") ? flip(reply, at) : reply,
          "a/b@" + digest,
          Reason.MISMATCH,
          "digest");
    }
    for (int i = 0; i < MODULE.length; i++) {
      int at = i;
      refuses(
          (asked, reply) -> asked.target().contains("/blobs/") ? flip(reply, at) : reply,
          "a/b:1",
          Reason.MISMATCH,
          "(expected: " + Digest.of(MODULE) + ")");
    }
  }

  private static Reply flip(Reply reply, int at) {
    var other = reply.body().clone();
    other[at] ^= 1;
    return reply.withBody(other);
  }

  @Test
  void refusesAManifestThatDiffersFromTheDigestInItsHeader() {
    refuses(
        (asked, reply) ->
            asked.target().contains("/manifests/")
                ? reply.with("Docker-Content-Digest", Digest.of(MODULE).toString())
                : reply,
        "a/b:1",
        Reason.MISMATCH,
        "the registry says: " + Digest.of(MODULE));
  }

  @Test
  void believesTheDigestThatWasAskedForNotTheHeader() {
    var other = "{\"schemaVersion\":2,\"layers\":[]}".getBytes(StandardCharsets.UTF_8);
    refuses(
        (asked, reply) -> reply.withBody(other).with("Docker-Content-Digest", digest.toString()),
        "a/b@" + digest,
        Reason.MISMATCH,
        "(expected: " + digest + ")");
  }

  @Test
  void refusesMoreAndFewerBytesThanDeclared() {
    refuses(
        (asked, reply) ->
            asked.target().contains("/blobs/")
                ? reply.withBody(Arrays.copyOf(reply.body(), 9))
                : reply,
        "a/b:1",
        Reason.MISMATCH,
        "more than the 8 bytes");
    refuses(
        (asked, reply) ->
            asked.target().contains("/blobs/")
                ? reply.withBody(Arrays.copyOf(reply.body(), 3))
                : reply,
        "a/b:1",
        Reason.MISMATCH,
        "3 bytes (expected: 8)");
  }

  @Test
  void triesAgainAfterATransferThatBrokeOffAndThenGivesUp() {
    var blobs = new AtomicInteger();
    try (var front = cutting(blobs, 2)) {
      assertThat(resolve(front.host() + "/a/b:1").file()).hasBinaryContent(MODULE);
      assertThat(blobs.get()).isEqualTo(3);
    }
    blobs.set(0);
    try (var front = cutting(blobs, 1000)) {
      assertThatThrownBy(() -> resolve(front.host() + "/a/b:1"))
          .satisfies(
              e -> assertThat(((RegistryException) e).reason()).isEqualTo(Reason.UNAVAILABLE))
          .hasMessageContaining("the transfer broke off");
    }
  }

  /** Breaks off the first transfers of blobs in their middle. */
  private HttpPeer cutting(AtomicInteger blobs, int times) {
    var behind = Meddler.before(server, (asked, reply) -> reply);
    return HttpPeer.start(
        (asked, out) -> {
          var reply = behind.forward(asked);
          if (asked.target().contains("/blobs/") && blobs.incrementAndGet() <= times) {
            HttpPeer.head(out, reply.status(), reply.headers(), reply.body().length);
            out.write(reply.body(), 0, 4);
          } else {
            HttpPeer.reply(out, reply.status(), reply.headers(), reply.body());
          }
        });
  }

  @Test
  void giveUpOnARegistryThatSaysNothing() {
    var over = new CountDownLatch(1);
    try (var silent = HttpPeer.start((asked, out) -> await(over))) {
      assertThatThrownBy(() -> resolve(silent.host() + "/a/b:1", quick()))
          .hasMessageContaining("sent nothing for 200 ms");
    } finally {
      over.countDown();
    }
  }

  @Test
  void givesUpOnARegistryThatTrickles() {
    try (var slow =
        HttpPeer.start(
            (asked, out) -> {
              HttpPeer.head(out, 200, Map.of(), 1 << 20);
              while (true) {
                out.write('x');
                out.flush();
                await(new CountDownLatch(1), 20);
              }
            })) {
      assertThatThrownBy(() -> resolve(slow.host() + "/a/b:1", quick()))
          .hasMessageContaining("took longer than 600 ms");
    }
  }

  private static RegistrySettings quick() {
    return RegistrySettings.PLAIN.withTimeouts(
        new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofMillis(600)));
  }

  private static void await(CountDownLatch latch) {
    await(latch, 60_000);
  }

  private static void await(CountDownLatch latch, long millis) {
    try {
      latch.await(millis, java.util.concurrent.TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void waitsAsLongAsAsked() {
    var asks = new AtomicInteger();
    try (var front =
        Meddler.before(
            server,
            (asked, reply) ->
                asks.incrementAndGet() <= 2 ? Reply.of(429).with("Retry-After", "0") : reply)) {
      assertThat(resolve(front.host() + "/a/b:1").digest()).isEqualTo(digest);
    }
  }

  @Test
  void saysThatItWasAskedToWaitTooLong() {
    refuses(
        (asked, reply) -> Reply.of(429).with("Retry-After", "3600"),
        "a/b:1",
        Reason.UNAVAILABLE,
        "answered 429, retry after 3600");
  }

  @Test
  void saysThatTheRegistryFails() {
    refuses((asked, reply) -> Reply.of(500), "a/b:1", Reason.UNAVAILABLE, "answered 500");
  }

  @Test
  void endsARedirectInCircles() {
    refuses(
        (asked, reply) -> Reply.of(307).with("Location", asked.target()),
        "a/b:1",
        Reason.UNAVAILABLE,
        "redirected 5 times");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
      })
  void followsNoRedirectToMetadata(String location) {
    refuses(
        (asked, reply) -> Reply.of(302).with("Location", location),
        "a/b:1",
        Reason.DENIED,
        "which may not be asked");
  }

  @Test
  void refusesHeadersWithoutEnd() {
    try (var endless =
        HttpPeer.start(
            (asked, out) -> {
              out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write("x: y\r\n".getBytes(StandardCharsets.US_ASCII));
              }
            })) {
      assertThatThrownBy(() -> resolve(endless.host() + "/a/b:1"))
          .hasMessageContaining("header count exceeded");
    }
  }

  @Test
  void refusesAManifestWithoutEnd() {
    try (var endless =
        HttpPeer.start(
            (asked, out) -> {
              HttpPeer.head(out, 200, Map.of(), Long.MAX_VALUE / 2);
              var block = new byte[64 << 10];
              while (true) {
                out.write(block);
              }
            })) {
      assertThatThrownBy(() -> resolve(endless.host() + "/a/b:1"))
          .satisfies(e -> assertThat(((RegistryException) e).reason()).isEqualTo(Reason.TOO_LARGE));
    }
  }

  @Test
  void refusesAnEncodingThatNobodyAskedFor() {
    refuses(
        (asked, reply) -> reply.with("Content-Encoding", "gzip"),
        "a/b:1",
        Reason.UNAVAILABLE,
        "encoding \"gzip\"");
  }

  private void refuses(Change change, String reference, Reason reason, String message) {
    try (var front = Meddler.before(server, change)) {
      assertThatThrownBy(() -> resolve(front.host() + "/" + reference))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(message)
          .satisfies(e -> assertThat(((RegistryException) e).reason()).isEqualTo(reason));
    }
  }

  private PluginArtifact resolve(String url) {
    return resolve(url, RegistrySettings.PLAIN);
  }

  private PluginArtifact resolve(String url, RegistrySettings settings) {
    var cache = folder.resolve("cache" + resolvers++);
    var resolver = new ArtifactResolver(folder, cache, 1L << 30, settings);
    return resolver.resolve(
        new Request(resolver.parse(url), null, PullPolicy.ALWAYS, null, false), Progress.NONE);
  }
}
