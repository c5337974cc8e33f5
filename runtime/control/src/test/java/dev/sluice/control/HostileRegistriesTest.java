package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.MediaTypes;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryServer;
import dev.sluice.registry.testing.HttpPeer;
import dev.sluice.registry.testing.Layers;
import dev.sluice.registry.testing.Meddler;
import dev.sluice.registry.testing.Meddler.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loads and refreshes a plugin of a running gateway from a registry that turns bad: what comes is
 * refused with the cause, and the version before serves on.
 */
@ExtendWith(LeakCheck.class)
class HostileRegistriesTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile Answer answer = (asked, reply, out) -> whole(reply, out);
  @TempDir private Path folder;
  private RegistryServer registry;
  private Meddler behind;
  private HttpPeer front;
  private TestGateway gateway;

  /** Writes what the registry's client gets. */
  @FunctionalInterface
  private interface Answer {
    void write(HttpPeer.Asked asked, Reply reply, OutputStream out) throws IOException;
  }

  @BeforeEach
  void start() throws IOException {
    registry =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    behind = Meddler.before(registry, (asked, reply) -> reply);
    front = HttpPeer.start((asked, out) -> answer.write(asked, behind.forward(asked), out));
    push(Guests.labelling("one"));
    gateway =
        TestGateway.start(
            folder,
            TestGateway.frame(upstream.port())
                + """
                registries: [{host: "%s", timeout: 500ms}]
                routes:
                  - {name: all, upstream: api, plugins: [label]}
                plugins:
                  - {name: label, url: "%s/team/label:1"}
                """
                    .formatted(front.host(), front.host()));
    assertServesTheFirst();
  }

  @AfterEach
  void close() {
    over.countDown();
    gateway.close();
    front.close();
    behind.close();
    registry.close();
    transport.close();
  }

  private static void whole(Reply reply, OutputStream out) throws IOException {
    HttpPeer.reply(out, reply.status(), reply.headers(), reply.body());
  }

  private void assertServesTheFirst() {
    assertThat(gateway.get("/").headers().allValues("x-plugin")).containsExactly("one");
  }

  /** Sees a change refused in both ways, while requests show that the version before serves on. */
  private void refuses(String... causes) {
    var refreshed = gateway.admin("POST", "/plugins/label/refresh");
    assertThat(refreshed.statusCode()).as(refreshed.body()).isIn(422, 502);
    assertThat(TestGateway.json(refreshed).path("detail").asString()).contains(causes);
    assertServesTheFirst();
    refusesToLoad("/team/label:2", causes);
  }

  private void refusesToLoad(String reference, String[] causes) {
    var put =
        gateway.admin(
            "PUT",
            "/plugins/other",
            "{url: \"%s%s\", imagePullPolicy: Always, routes: [all]}"
                .formatted(front.host(), reference));
    assertThat(put.statusCode()).as(put.body()).isEqualTo(422);
    var error = TestGateway.json(put).at("/errors/0");
    assertThat(error.path("path").asString()).isEqualTo("plugins[1].url");
    assertThat(error.path("message").asString()).contains(causes);
    assertServesTheFirst();
    assertThat(gateway.json("/plugins/label").path("state").asString()).isEqualTo("active");
  }

  @Test
  void refusesFlippedBytesOfAModule() throws IOException {
    var module = Guests.labelling("two");
    push(module);
    for (int i = 0; i < module.length; i += 61) {
      int at = i;
      answer = (asked, reply, out) -> whole(isBlob(asked) ? flip(reply, at) : reply, out);
      refuses(": digest sha256:", "(expected: " + Digest.of(module) + ")");
    }
  }

  @Test
  void refusesFlippedBytesOfAManifest() throws IOException {
    push(Guests.labelling("two"));
    byte[] manifest;
    try (var client = new RegistryClient(host(), null, false)) {
      manifest = client.manifest("team/label", "1").bytes();
    }
    for (int i = 0; i < manifest.length; i += 41) {
      int at = i;
      answer = (asked, reply, out) -> whole(isBlob(asked) ? reply : flip(reply, at), out);
      refusesToLoad("/team/label@" + Digest.of(manifest), new String[] {"digest"});
    }
  }

  private static boolean isBlob(HttpPeer.Asked asked) {
    return asked.target().contains("/blobs/");
  }

  private static Reply flip(Reply reply, int at) {
    var other = reply.body().clone();
    other[Math.min(at, other.length - 1)] ^= 1;
    return reply.withBody(other);
  }

  @Test
  void refusesATransferThatBreaksOff() throws IOException {
    push(Guests.labelling("two"));
    answer =
        (asked, reply, out) -> {
          if (isBlob(asked)) {
            HttpPeer.head(out, reply.status(), reply.headers(), reply.body().length);
            out.write(reply.body(), 0, reply.body().length / 2);
          } else {
            whole(reply, out);
          }
        };
    refuses("the transfer broke off");
    answer =
        (asked, reply, out) ->
            whole(isBlob(asked) ? reply.withBody(new byte[] {0, 'a', 's'}) : reply, out);
    refuses("3 bytes (expected: ");
  }

  @Test
  void refusesADigestInAHeaderThatIsALie() throws IOException {
    push(Guests.labelling("two"));
    var lie = Digest.of(new byte[] {1}).toString();
    answer = (asked, reply, out) -> whole(reply.with("Docker-Content-Digest", lie), out);
    refuses("the registry says: " + lie);
  }

  @Test
  void givesUpOnARegistryThatHangs() throws IOException {
    push(Guests.labelling("two"));
    answer =
        (asked, reply, out) -> {
          try {
            over.await(60, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    refuses("sent nothing for 500 ms");
  }

  @Test
  void saysThatTheRegistryFailsOrHasNoTime() throws IOException {
    push(Guests.labelling("two"));
    answer = (asked, reply, out) -> whole(Reply.of(500), out);
    refuses("answered 500");
    answer = (asked, reply, out) -> whole(Reply.of(429).with("Retry-After", "3600"), out);
    refuses("answered 429, retry after 3600");
  }

  @Test
  void endsRedirectsInCircles() throws IOException {
    push(Guests.labelling("two"));
    answer = (asked, reply, out) -> whole(Reply.of(307).with("Location", asked.target()), out);
    refuses("redirected 5 times");
  }

  @Test
  void refusesArchivesThatUnpackToFarMoreOrLeadElsewhere() throws IOException {
    pushImage(bomb());
    refuses("unpacks to more than");
    pushImage(Layers.tarGz(Map.of("../../plugin.wasm", Guests.labelling("two"))));
    refuses("\"../../plugin.wasm\"");
    assertThat(folder.resolve("plugin.wasm")).doesNotExist();
  }

  @Test
  void refusesAModuleThatCannotBeCompiled() throws IOException {
    push(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 99});
    var refreshed = gateway.admin("POST", "/plugins/label/refresh");
    assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(422);
    assertThat(TestGateway.json(refreshed).at("/errors/0/path").asString())
        .startsWith("plugins[0]");
    assertServesTheFirst();
    push(Guests.labelling("three"));
    assertThat(gateway.admin("POST", "/plugins/label/refresh").statusCode()).isEqualTo(200);
    assertThat(gateway.get("/").headers().allValues("x-plugin")).containsExactly("three");
  }

  private String host() {
    return "127.0.0.1:" + registry.address().getPort();
  }

  /** Pushes a module as versions 1 and 2. */
  private void push(byte[] module) throws IOException {
    var file = Files.write(folder.resolve("pushed.wasm"), module);
    try (var client = new RegistryClient(host(), null, false)) {
      for (var tag : List.of("1", "2")) {
        var url = PluginUrl.oci(host() + "/team/label:" + tag);
        PluginPackage.of(file).push(client, url, Progress.NONE);
      }
    }
  }

  /** Pushes an image with one layer, as builders of images do, as versions 1 and 2. */
  private void pushImage(byte[] layer) {
    var config = "{}".getBytes(StandardCharsets.UTF_8);
    var manifest =
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "%s", "size": 2},
         "layers": [{"mediaType": "%s", "digest": "%s", "size": %d}]}
        """
            .formatted(
                MediaTypes.MANIFEST,
                Digest.of(config),
                MediaTypes.OCI_TAR_GZIP,
                Digest.of(layer),
                layer.length)
            .getBytes(StandardCharsets.UTF_8);
    try (var client = new RegistryClient(host(), null, false)) {
      for (var blob : List.of(config, layer)) {
        var described = Descriptor.of(MediaTypes.OCI_TAR_GZIP, Digest.of(blob), blob.length);
        client.pushBlob("team/label", described, blob, Progress.NONE);
      }
      client.pushManifest("team/label", "1", manifest, MediaTypes.MANIFEST);
      client.pushManifest("team/label", "2", manifest, MediaTypes.MANIFEST);
    }
  }

  /** Returns a few hundred kilobytes that unpack to 320 MiB. */
  private static byte[] bomb() throws IOException {
    var entry = new ByteArrayOutputStream();
    Layers.entry(entry, "padding", '0', new byte[0]);
    var header = entry.toByteArray();
    System.arraycopy("02400000000".getBytes(StandardCharsets.US_ASCII), 0, header, 124, 11);
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(header);
      var block = new byte[1 << 20];
      for (int i = 0; i < 320; i++) {
        gzip.write(block);
      }
    }
    return out.toByteArray();
  }
}
