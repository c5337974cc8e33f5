package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginSignatures;
import dev.sluice.registry.PluginSignatures.Form;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryServer;
import dev.sluice.registry.SigningKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.EnumSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Loads plugins from a registry while their tags move and their signatures differ. */
@ExtendWith(LeakCheck.class)
class PluginRegistryTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;
  private RegistryServer registry;
  private String host;

  @BeforeEach
  void startRegistry() {
    registry =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    host = "127.0.0.1:" + registry.address().getPort();
  }

  @AfterEach
  void close() {
    registry.close();
    transport.close();
  }

  @Test
  void rollsOutWhatATagLeadsToNow() throws IOException {
    push("one");
    try (var gateway = start(host, "pollInterval: 1s", "")) {
      assertThat(label(gateway)).isEqualTo("one");
      push("two");
      TestGateway.eventually().until(() -> label(gateway).equals("two"));
      registry.close();
      assertThat(label(gateway)).isEqualTo("two");
    }
  }

  @Test
  void looksAtATagWhenItIsTold() throws IOException {
    push("one");
    try (var gateway = start(host, "imagePullPolicy: IfNotPresent", "")) {
      assertThat(gateway.admin("POST", "/plugins/label/refresh").statusCode()).isEqualTo(200);
      push("two");
      gateway.gateway().reload();
      assertThat(label(gateway)).isEqualTo("one");

      var answer = gateway.admin("POST", "/plugins/label/refresh");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("two");
      assertThat(gateway.json("/config/status").path("changedByApi")).isEmpty();
      assertThat(gateway.admin("POST", "/plugins/none/refresh").statusCode()).isEqualTo(404);
      assertThat(gateway.admin("POST", "/plugins/label/rollback").statusCode()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("one");
    }
  }

  @Test
  void looksAtATagAlwaysOnlyWhenItsPluginIsLoaded() throws IOException {
    push("one");
    try (var gateway = start(host, "imagePullPolicy: Always", "")) {
      push("two");
      var config = ((ObjectNode) gateway.json("/config")).put("drainTimeout", "9s");
      assertThat(gateway.admin("PUT", "/config", config.toString()).statusCode()).isEqualTo(200);
      assertThat(label(gateway)).as("another field has changed").isEqualTo("one");

      var entry = config.at("/plugins/0").toString();
      assertThat(gateway.admin("PUT", "/plugins/label", entry).statusCode()).isEqualTo(200);
      assertThat(label(gateway)).as("it was loaded by name").isEqualTo("two");

      push("three");
      ((ObjectNode) config.at("/plugins/0")).put("priority", 7);
      assertThat(gateway.admin("PUT", "/config", config.toString()).statusCode()).isEqualTo(200);
      assertThat(label(gateway)).as("its entry has changed").isEqualTo("three");
    }
  }

  @Test
  void rollsOutANewDigestOnEveryGatewayOfAFleetThatSharesACache() throws IOException {
    push("one");
    try (var first = startFrom("first.yaml", "pollInterval: 1s");
        var second = startFrom("second.yaml", "pollInterval: 1s");
        var told = startFrom("told.yaml", "imagePullPolicy: IfNotPresent")) {
      push("two");
      TestGateway.eventually()
          .untilAsserted(
              () -> {
                assertThat(label(first)).isEqualTo("two");
                assertThat(label(second)).isEqualTo("two");
              });
      assertThat(label(told)).as("has no interval").isEqualTo("one");
      assertThat(told.admin("POST", "/plugins/label/refresh").statusCode()).isEqualTo(200);
      assertThat(label(told)).isEqualTo("two");
      assertThat(first.json("/plugins/label").path("digest"))
          .isEqualTo(told.json("/plugins/label").path("digest"));
    }
  }

  @Test
  void servesTheOldVersionWhenTheNewOneIsNotSigned() throws Exception {
    var pair = pair();
    pem("k.pub", "PUBLIC KEY", pair.getPublic().getEncoded());
    push("one");
    assertThatThrownBy(() -> start(host, "", "verify: {keys: [k.pub]}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("plugins[0].url")
        .hasMessageContaining("is not signed");
    sign(pair);
    try (var gateway = start(host, "", "verify: {keys: [k.pub]}\n")) {
      assertThat(label(gateway)).isEqualTo("one");
      push("two");

      var refused = gateway.admin("POST", "/plugins/label/refresh");

      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(refused.body()).contains("is not signed");
      assertThat(label(gateway)).isEqualTo("one");
      sign(pair);
      assertThat(gateway.admin("POST", "/plugins/label/refresh").statusCode()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("two");
    }
  }

  @Test
  void aPluginMayDifferFromWhatHoldsForAll() throws Exception {
    pem("k.pub", "PUBLIC KEY", pair().getPublic().getEncoded());
    push("one");
    try (var gateway =
        start(host, "verify: {required: false}", "verify: {keys: [k.pub], required: true}\n")) {
      assertThat(label(gateway)).isEqualTo("one");
    }
  }

  @Test
  void asksTheMirrorsOfARegistryFirst() throws IOException {
    push("one");
    var mirrors = "registries: [{host: registry.invalid, mirrors: [\"" + host + "\"]}]\n";
    try (var gateway = start("registry.invalid", "", mirrors)) {
      assertThat(label(gateway)).isEqualTo("one");
    }
  }

  @Test
  void servesFromItsCacheWhileTheRegistryIsDown() throws IOException {
    push("one");
    start(host, "", "").close();
    registry.close();
    try (var gateway = start(host, "imagePullPolicy: Always", "")) {
      assertThat(label(gateway)).isEqualTo("one");
      var refreshed = gateway.admin("POST", "/plugins/label/refresh");
      assertThat(refreshed.statusCode()).as("nobody could be asked").isEqualTo(502);
      assertThat(refreshed.body()).contains("cannot reach http://" + host);
      assertThat(label(gateway)).isEqualTo("one");
    }
  }

  @Test
  void saysWhatIsWrongWithRegistriesAndKeys() throws IOException {
    var problems = new Problems(folder);
    Files.writeString(folder.resolve("no.pub"), "no key");
    assertThat(
            problems.of(
                Problems.FRAME
                    + "registries: [{host: a.example, ca: no.pem}, {host: a.example}]\n"
                    + "verify: {keys: [no.pub, missing.pub]}\n"
                    + "plugins: [{name: p, url: \"a.example/x:1\", verify: {required: true},"
                    + " imagePullSecret: {dockerConfig: '{\"auths\": {}}'}}]"))
        .anySatisfy(e -> assertThat(e).contains("registries[0].ca", "there is no file"))
        .anySatisfy(e -> assertThat(e).contains("registries[1].host", "stands twice"))
        .anySatisfy(e -> assertThat(e).contains("verify.keys[0]", "holds no public key"))
        .anySatisfy(e -> assertThat(e).contains("verify.keys[1]", "cannot read key"))
        .anySatisfy(e -> assertThat(e).contains("plugins[0].verify", "there are none"))
        .anySatisfy(e -> assertThat(e).contains("dockerConfig", "knows nothing about a.example"));
  }

  private TestGateway start(String from, String fields, String more) {
    return TestGateway.start(folder, config(from, fields, more));
  }

  /** Starts one of several gateways; files in one folder share its cache. */
  private TestGateway startFrom(String file, String fields) throws IOException {
    return TestGateway.start(Files.writeString(folder.resolve(file), config(host, fields, "")));
  }

  private String config(String from, String fields, String more) {
    return TestGateway.frame(upstream.port())
        + more
        + """
        routes:
          - {name: all, upstream: api, plugins: [label]}
        plugins:
          - {name: label, url: "%s/team/label:1"%s}
        """
            .formatted(from, fields.isEmpty() ? "" : ", " + fields);
  }

  private static String label(TestGateway gateway) {
    return gateway.get("/").headers().firstValue("x-plugin").orElse("");
  }

  private void push(String label) throws IOException {
    var file = Files.write(folder.resolve("plugin.wasm"), Guests.labelling(label));
    try (var client = new RegistryClient(host, null, false)) {
      PluginPackage.of(file).push(client, PluginUrl.oci(host + "/team/label:1"), Progress.NONE);
    }
  }

  private void sign(KeyPair pair) throws IOException {
    var file = pem("k.key", "PRIVATE KEY", pair.getPrivate().getEncoded());
    try (var client = new RegistryClient(host, null, false)) {
      new PluginSignatures(client, PluginUrl.oci(host + "/team/label:1"))
          .sign(SigningKey.read(file, null), EnumSet.allOf(Form.class));
    }
  }

  private static KeyPair pair() throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  private Path pem(String name, String label, byte[] bytes) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(label, Base64.getMimeEncoder().encodeToString(bytes), label));
  }
}
