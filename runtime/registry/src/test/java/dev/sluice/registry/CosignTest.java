package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.PluginSignatures.Form;
import dev.sluice.registry.testing.PeerProgram;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exchanges signatures with cosign 2 (tags) and cosign 3 (bundles), keys only, no network. */
@Tag("peers")
class CosignTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
  private static final String PASSWORD = "correct horse";

  @TempDir private Path folder;
  private RegistryServer server;
  private String host;
  private Digest digest;

  @BeforeEach
  void push() throws Exception {
    server =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    host = "127.0.0.1:" + server.address().getPort();
    var file = Files.write(folder.resolve("plugin.wasm"), MODULE);
    try (var client = new RegistryClient(host, null, false)) {
      digest = PluginPackage.of(file).push(client, PluginUrl.oci(host + "/a/b:1"), Progress.NONE);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "cosign2, EC, tag",
    "cosign2, ED25519, tag",
    "cosign2, RSA, tag",
    "cosign3, EC, bundle",
    "cosign3, ED25519, bundle",
    "cosign3, RSA, bundle",
  })
  void acceptsWhatCosignSigns(String program, String algorithm, String form) {
    var keys = importKey(algorithm);
    signWith(program, keys);
    try (var client = new RegistryClient(host, null, false)) {
      var signatures = new PluginSignatures(client, PluginUrl.oci(host + "/a/b:1"));
      var trusted = VerifyingKey.read(folder.resolve(keys + ".pub"));
      assertThat(signatures.verify(trusted)).isEqualTo(trusted.getFirst());
      assertThat(signatures.list(trusted))
          .extracting(PluginSignatures.Listed::form)
          .containsExactly(form);
      var others = VerifyingKey.read(folder.resolve(generate("other") + ".pub"));
      assertThatThrownBy(() -> signatures.verify(others))
          .hasMessageContaining("carries signatures (1), none by");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "ED25519", "RSA"})
  void signsWhatCosignAccepts(String algorithm) {
    var key = openssl(algorithm);
    var keys = algorithm + ".pub";
    sign(SigningKey.read(key, null), Form.TAG);
    assertThat(verifyWith("cosign2", keys).output()).contains("signatures were verified");
    assertThat(verifyWith("cosign3", keys).output()).contains("signatures were verified");
    sign(SigningKey.read(key, null), Form.BUNDLE);
    assertThat(verifyWith("cosign3", keys).output()).contains("signatures were verified");
    generate("other");
    assertThat(verifyWith("cosign2", "other.pub").code()).isNotZero();
    assertThat(verifyWith("cosign3", "other.pub").code()).isNotZero();
  }

  @Test
  void cosign3AcceptsTheBundleAlone() {
    sign(SigningKey.read(openssl("EC"), null), Form.BUNDLE);
    assertThat(verifyWith("cosign3", "EC.pub").output()).contains("signatures were verified");
  }

  @Test
  void opensThePrivateKeysOfCosign() {
    var keys = generate("own");
    var file = folder.resolve(keys + ".key");
    sign(SigningKey.read(file, PASSWORD), Form.TAG);
    assertThat(verifyWith("cosign2", keys + ".pub").code()).isZero();
    assertThatThrownBy(() -> SigningKey.read(file, "wrong"))
        .hasMessageContaining("cannot be opened with this password");
    assertThatThrownBy(() -> SigningKey.read(file, null)).hasMessageContaining("COSIGN_PASSWORD");
  }

  private void sign(SigningKey key, Form form) {
    try (var client = new RegistryClient(host, null, false)) {
      new PluginSignatures(client, PluginUrl.oci(host + "/a/b:1")).sign(key, Set.of(form));
    }
  }

  private String reference() {
    return host + "/a/b@" + digest;
  }

  private PeerProgram cosign(String program) {
    return PeerProgram.find(program, folder).with("COSIGN_PASSWORD", PASSWORD);
  }

  private void signWith(String program, String keys) {
    var cosign = cosign(program);
    var how = List.of("--tlog-upload=false");
    if (program.equals("cosign3")) {
      cosign.run("signing-config", "create", "--out", "none.json");
      how = List.of("--signing-config", "none.json");
    }
    var arguments = new java.util.ArrayList<>(List.of("sign", "-y", "--key", keys + ".key"));
    arguments.addAll(how);
    arguments.addAll(List.of("--allow-http-registry", reference()));
    cosign.run(arguments.toArray(String[]::new));
  }

  private PeerProgram.Result verifyWith(String program, String key) {
    return cosign(program)
        .tryRun(
            "verify", "--key", key, "--insecure-ignore-tlog", "--allow-http-registry", reference());
  }

  private String generate(String name) {
    cosign("cosign2").run("generate-key-pair", "--output-key-prefix", name);
    return name;
  }

  private String importKey(String algorithm) {
    var key = openssl(algorithm);
    var name = "cosign-" + algorithm;
    cosign("cosign2").run("import-key-pair", "--key", key.toString(), "--output-key-prefix", name);
    return name;
  }

  private Path openssl(String algorithm) {
    var openssl = PeerProgram.find("openssl", folder);
    var options =
        switch (algorithm) {
          case "EC" -> " -pkeyopt ec_paramgen_curve:P-256";
          case "RSA" -> " -pkeyopt rsa_keygen_bits:2048";
          default -> "";
        };
    openssl.run(
        ("genpkey -algorithm " + algorithm + options + " -out " + algorithm + ".key").split(" "));
    openssl.run(("pkey -in " + algorithm + ".key -pubout -out " + algorithm + ".pub").split(" "));
    return folder.resolve(algorithm + ".key");
  }
}
