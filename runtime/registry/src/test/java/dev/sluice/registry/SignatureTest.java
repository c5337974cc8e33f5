package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.sign.FoundSignature;
import dev.sluice.registry.internal.sign.SignatureCheck;
import dev.sluice.registry.testing.HttpPeer;
import dev.sluice.registry.testing.Meddler;
import dev.sluice.registry.testing.Meddler.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
  private static final byte[] OTHER = {0, 'a', 's', 'm', 1, 0, 0, 0, 0, 1, 0};

  @TempDir private Path folder;
  private RegistryServer server;
  private String host;
  private int resolvers;

  @BeforeEach
  void start() {
    server =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    host = "127.0.0.1:" + server.address().getPort();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "Ed25519", "RSA"})
  void acceptsWhatOneOfItsKeysSigned(String algorithm) throws Exception {
    var key = pair(algorithm);
    push("1", MODULE);
    sign("1", key);
    var policy = policy(pair("EC"), key);
    assertThat(resolve(host + "/a/b:1", policy).file()).hasBinaryContent(MODULE);
    try (var client = new RegistryClient(host, null, false)) {
      var signatures = new PluginSignatures(client, PluginUrl.oci(host + "/a/b:1"));
      assertThat(signatures.list(policy.keys()))
          .extracting(PluginSignatures.Listed::form)
          .containsExactly("tag", "bundle");
      assertThat(signatures.list(policy.keys()))
          .allSatisfy(
              listed -> {
                assertThat(listed.about()).isTrue();
                assertThat(listed.key()).isPresent();
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tag", "bundle"})
  void oneFormIsEnough(String form) throws Exception {
    var key = pair("EC");
    push("1", MODULE);
    sign("1", key);
    try (var front = Meddler.before(server, (asked, reply) -> without(form, asked, reply))) {
      assertThat(resolve(front.host() + "/a/b:1", policy(key)).file()).hasBinaryContent(MODULE);
    }
  }

  private static Reply without(String kept, HttpPeer.Asked asked, Reply reply) {
    if (kept.equals("bundle") && asked.target().endsWith(".sig")) {
      return Reply.of(404);
    }
    boolean list = asked.target().contains("/referrers/");
    return kept.equals("tag") && list
        ? reply.withBody("{\"manifests\":[]}".getBytes(StandardCharsets.UTF_8))
        : reply;
  }

  @Test
  void keepsTheSignaturesOfOthersAndAcceptsAnyKeyWhileKeysRotate() throws Exception {
    var old = pair("EC");
    var fresh = pair("EC");
    push("1", MODULE);
    sign("1", old);
    refuses(host + "/a/b:1", policy(fresh), "carries signatures (2), none by");
    sign("1", fresh);
    assertThat(resolve(host + "/a/b:1", policy(old)).file()).hasBinaryContent(MODULE);
    assertThat(resolve(host + "/a/b:1", policy(fresh)).file()).hasBinaryContent(MODULE);
  }

  @Test
  void refusesWhatIsNotSigned() throws Exception {
    var key = pair("EC");
    push("1", MODULE);
    refuses(host + "/a/b:1", policy(key), "is not signed (expected: a signature by [key 0])");
    var optional = new SignaturePolicy(policy(key).keys(), false);
    assertThat(resolve(host + "/a/b:1", optional).file()).hasBinaryContent(MODULE);
    sign("1", pair("EC"));
    refuses(host + "/a/b:1", optional, "none by [key 0]");
  }

  @Test
  void refusesAStrippedSignature() throws Exception {
    var key = pair("EC");
    push("1", MODULE);
    sign("1", key);
    try (var front =
        Meddler.before(
            server, (asked, reply) -> without("bundle", asked, without("tag", asked, reply)))) {
      refuses(front.host() + "/a/b:1", policy(key), "is not signed");
    }
  }

  @Test
  void refusesASignatureOfAnotherDigest() throws Exception {
    var key = pair("EC");
    var first = push("1", MODULE);
    sign("1", key);
    var second = push("2", OTHER);
    // Whoever owns the registry can put a good signature below any tag, and list any referrer.
    try (var front =
        Meddler.before(
            server,
            (asked, reply) ->
                asked.target().contains(second.hex())
                        && !asked.target().endsWith("manifests/" + second)
                    ? elsewhere(asked.target().replace(second.hex(), first.hex()))
                    : reply)) {
      refuses(
          front.host() + "/a/b:2",
          policy(key),
          "carries a signature by key 0 that is about [" + first + "] (expected: " + second + ")");
    }
  }

  private Reply elsewhere(String target) {
    try {
      var http = java.net.http.HttpClient.newHttpClient();
      var answer =
          http.send(
              java.net.http.HttpRequest.newBuilder(java.net.URI.create("http://" + host + target))
                  .header("Accept", MediaTypes.MANIFEST)
                  .build(),
              java.net.http.HttpResponse.BodyHandlers.ofByteArray());
      var type = answer.headers().firstValue("content-type").orElse("");
      return new Reply(answer.statusCode(), java.util.Map.of("Content-Type", type), answer.body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void refusesAStatementThatIsNoSignature() throws Exception {
    var key = pair("EC");
    var digest = Digest.of(MODULE);
    var statement =
        ("{\"predicateType\":\"https://spdx.dev/Document\",\"subject\":[{\"digest\":{\"sha256\":\""
                + digest.hex()
                + "\"}}]}")
            .getBytes(StandardCharsets.UTF_8);
    var signature = java.security.Signature.getInstance("SHA256withECDSA");
    signature.initSign(key.getPrivate());
    signature.update(FoundSignature.envelope(FoundSignature.IN_TOTO, statement));
    var attestation =
        new FoundSignature.Bundled(FoundSignature.IN_TOTO, statement, signature.sign());
    assertThatThrownBy(() -> SignatureCheck.check(List.of(attestation), digest, policy(key), "x"))
        .hasMessageContaining("carries a signature by key 0 that is about []");
  }

  @Test
  void startsFromTheCacheWithTheKeysOfTheDay() throws Exception {
    var key = pair("EC");
    push("1", MODULE);
    sign("1", key);
    var cache = folder.resolve("kept");
    var url = host + "/a/b:1";
    resolve(url, policy(key), cache);
    server.close();
    assertThat(resolve(url, policy(key), cache).file()).hasBinaryContent(MODULE);
    assertThatThrownBy(() -> resolve(url, policy(pair("EC")), cache))
        .hasMessageContaining("cannot reach");
  }

  @Test
  void refusesAFileWhereASignatureIsRequired() throws Exception {
    var file = Files.write(folder.resolve("x.wasm"), MODULE);
    refuses("file:" + file, policy(pair("EC")), "cannot carry a signature");
  }

  @Test
  void checksSignaturesInALayoutFolder() throws Exception {
    var key = pair("EC");
    push("1", MODULE);
    var layout = "oci-layout:" + folder.resolve("registry/a/b") + ":1";
    refuses(layout, policy(key), "is not signed");
    sign("1", key);
    assertThat(resolve(layout, policy(key)).file()).hasBinaryContent(MODULE);
  }

  @Test
  void saysWhatIsWrongWithAKey() throws Exception {
    assertThatThrownBy(() -> VerifyingKey.parse("hello", "k.pub"))
        .hasMessage("k.pub holds no public key (expected: -----BEGIN PUBLIC KEY-----)");
    var weak = KeyPairGenerator.getInstance("RSA");
    weak.initialize(1024);
    var small = pem("PUBLIC KEY", weak.generateKeyPair().getPublic().getEncoded());
    assertThatThrownBy(() -> VerifyingKey.parse(small, "k.pub"))
        .hasMessageContaining("RSA of at least 2048 bits");
    var secret = pem("PRIVATE KEY", pair("EC").getPrivate().getEncoded());
    assertThatThrownBy(() -> VerifyingKey.parse(secret, "k.pub"))
        .hasMessageContaining("holds a block \"PRIVATE KEY\" (expected: PUBLIC KEY)");
    assertThatThrownBy(() -> SigningKey.parse(pem("EC PRIVATE KEY", new byte[] {1}), "k.key", null))
        .hasMessageContaining("openssl pkcs8 -topk8");
    assertThatThrownBy(
            () ->
                SigningKey.parse(
                    pem("ENCRYPTED SIGSTORE PRIVATE KEY", new byte[] {1}), "k.key", null))
        .hasMessageContaining("COSIGN_PASSWORD");
  }

  private void refuses(String url, SignaturePolicy policy, String message) {
    assertThatThrownBy(() -> resolve(url, policy))
        .satisfies(e -> assertThat(((RegistryException) e).reason()).isEqualTo(Reason.UNVERIFIED))
        .hasMessageContaining(message);
  }

  private Digest push(String tag, byte[] module) throws IOException {
    var file = Files.write(folder.resolve("plugin.wasm"), module);
    try (var client = new RegistryClient(host, null, false)) {
      return PluginPackage.of(file)
          .push(client, PluginUrl.oci(host + "/a/b:" + tag), Progress.NONE);
    }
  }

  private void sign(String tag, KeyPair pair) {
    var key = SigningKey.parse(pem("PRIVATE KEY", pair.getPrivate().getEncoded()), "key", null);
    try (var client = new RegistryClient(host, null, false)) {
      new PluginSignatures(client, PluginUrl.oci(host + "/a/b:" + tag))
          .sign(key, EnumSet.allOf(PluginSignatures.Form.class));
    }
  }

  private static SignaturePolicy policy(KeyPair... pairs) {
    var keys =
        Stream.iterate(0, i -> i < pairs.length, i -> i + 1)
            .flatMap(
                i ->
                    VerifyingKey.parse(
                        pem("PUBLIC KEY", pairs[i].getPublic().getEncoded()), "key " + i)
                        .stream())
            .toList();
    return new SignaturePolicy(keys, true);
  }

  private static KeyPair pair(String algorithm) throws NoSuchAlgorithmException {
    var generator = KeyPairGenerator.getInstance(algorithm);
    if (!algorithm.equals("Ed25519")) {
      generator.initialize(algorithm.equals("EC") ? 256 : 2048);
    }
    return generator.generateKeyPair();
  }

  private static String pem(String label, byte[] bytes) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(bytes), label);
  }

  private PluginArtifact resolve(String url, SignaturePolicy policy) {
    return resolve(url, policy, folder.resolve("cache" + resolvers++));
  }

  private PluginArtifact resolve(String url, SignaturePolicy policy, Path cache) {
    var resolver = new ArtifactResolver(folder, cache, 1L << 30, RegistrySettings.PLAIN);
    return resolver.resolve(
        new Request(resolver.parse(url), null, PullPolicy.ALWAYS, null, false, policy),
        Progress.NONE);
  }
}
