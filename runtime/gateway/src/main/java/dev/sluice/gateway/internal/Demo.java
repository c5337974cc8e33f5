package dev.sluice.gateway.internal;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import dev.sluice.gateway.internal.RegistryCommand.Addresses;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryServer;
import dev.sluice.standin.StandIn;
import dev.sluice.standin.StandInOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Runs all that the demo needs: a registry with what the distribution bundles (two versions of the
 * prompt guard), a stand-in for a provider of models, and a gateway between its clients and that
 * model.
 */
final class Demo implements AutoCloseable {
  static final String OLD = "1.0.0";
  static final String NEW = "1.1.0";

  /** What the demo's consumer is known by. */
  static final String KEY = "team-a-secret";

  private static final Duration WORD_PACE = Duration.ofMillis(30);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final String registry;
  private final Path config;
  private final Gateway gateway;

  private Demo(Path folder) throws IOException {
    var server = opened(registry(BundledPlugins.copyRegistry(folder.resolve("registry"))));
    this.registry = Addresses.text(server.address());
    var model = opened(StandIn.start(StandInOptions.DEFAULT.every(WORD_PACE)));
    this.config = Files.writeString(folder.resolve("sluice.yaml"), yaml(model.address()));
    this.gateway = opened(Gateway.start(new GatewayOptions(config, folder.resolve("cache"))));
  }

  /** Starts everything in a new temporary folder. */
  static Demo start() {
    try {
      return new Demo(Files.createTempDirectory("sluice-demo-"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the demo", e);
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    parts.push(part);
    return part;
  }

  private static RegistryServer registry(Path dir) {
    try {
      return RegistryServer.start(dir, loopback(5000));
    } catch (RegistryException e) {
      // Something else has the usual port.
      return RegistryServer.start(dir, loopback(0));
    }
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private String repository() {
    return registry + "/plugins/ai-prompt-guard";
  }

  /** Returns the url of a version of the guard. */
  String guard(String version) {
    return "oci://" + repository() + ":" + version;
  }

  private String yaml(InetSocketAddress model) {
    return """
    # The demo's configuration: change it while the gateway runs, and it applies.
    admin: {address: "127.0.0.1:%1$d"}
    accessLog: {path: access.log}
    listeners:
      - {name: web, address: "127.0.0.1:%2$d"}
    # Two providers of models, both played by one stand-in.
    providers:
      - {name: first, format: openai, baseUrl: "http://%3$s/v1", keys: [{value: sk-first}]}
      - {name: second, format: anthropic, baseUrl: "http://%3$s/v1", keys: [{value: sk-second}]}
    models:
      - name: demo
        targets: [{provider: first, model: stand-in}]
        price: {input: 2.50, output: 10.00, per: 1M}
      - name: fragile
        targets: [{provider: first, model: stand-in+status=503}]
        fallback: [{provider: second, model: stand-in}]
    # Who shows this key is known; others may call too.
    consumers:
      - {name: team-a, keys: [%5$s]}
    routes:
      - name: chat
        match: {path: {prefix: /v1}}
        ai: {}
        auth: {required: false}
        plugins: [ai-prompt-guard]
    plugins:
      - name: ai-prompt-guard
        url: %4$s
        grants: {ai: {}}
        limits: {callTime: 500ms}
        pluginConfig:
          announce: true
          deny: {phrases: ["ignore all previous instructions"]}
          mask: {phrases: ["project bluebird"]}
    """
        .formatted(free(9901), free(8080), Addresses.text(model), guard(OLD), KEY);
  }

  /** Returns the usual port, or 0 for any when something else has it. */
  private static int free(int port) {
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(loopback(port));
      return port;
    } catch (IOException e) {
      return 0;
    }
  }

  Path config() {
    return config;
  }

  /** Returns the base url of the gateway. */
  String web() {
    return "http://"
        + gateway.addresses().values().stream()
            .findFirst()
            .map(list -> Addresses.text(list.getFirst()))
            .orElse("");
  }

  /** Returns the base url of the admin API. */
  String admin() {
    return "http://" + Addresses.text(gateway.adminAddress());
  }

  Gateway gateway() {
    return gateway;
  }

  @Override
  public void close() {
    for (var part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        Output.say("closing " + part.getClass().getSimpleName() + ": " + e);
      }
    }
  }
}
