package dev.sluice.acceptance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Is a host of proxy-wasm that runs every scenario, each on a listener and with a VM of its own.
 */
interface OracleHost extends AutoCloseable {
  /** Returns where a scenario is served. */
  int port(OracleScenario scenario);

  /** Returns all that the host has logged. */
  String log();

  @Override
  void close();

  /** Returns ports that are free now, all of them different. */
  private static List<Integer> freePorts(int count) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (var socket : sockets) {
        socket.close();
      }
    }
  }

  /** Starts a gateway. */
  static OracleHost sluice(Path folder, Path guest, int upstream, List<OracleScenario> scenarios)
      throws IOException {
    var listeners = new StringBuilder();
    var routes = new StringBuilder();
    var plugins = new StringBuilder();
    var ports = new LinkedHashMap<String, Integer>();
    var free = freePorts(scenarios.size() + 1);
    for (var scenario : scenarios) {
      int port = free.get(ports.size());
      ports.put(scenario.name(), port);
      listeners.append("  - {name: %s, address: \"127.0.0.1:%d\"}\n".formatted(scenario, port));
      routes.append(
          "  - {name: %1$s, match: {headers: [{name: x-scenario, exact: %1$s}]}, upstream: up, plugins: [%1$s]}\n"
              .formatted(scenario));
      plugins.append(
          "  - {name: %s, url: \"file:%s\", failStrategy: %s, pluginConfig: %s, grants: {http: [up, dead]}}\n"
              .formatted(
                  scenario,
                  guest,
                  scenario.failOpen() ? "FAIL_OPEN" : "FAIL_CLOSE",
                  scenario.configuration()));
    }
    var config =
        """
        threads: 1
        accessLog: {}
        upstreams:
          - {name: up, endpoints: [{address: "127.0.0.1:%d"}]}
          - {name: dead, endpoints: [{address: "127.0.0.1:%d"}]}
        listeners:
        %sroutes:
        %splugins:
        %s\
        """
            .formatted(upstream, free.getLast(), listeners, routes, plugins);
    var gateway = GatewayProcess.start(folder, config);
    return new OracleHost() {
      @Override
      public int port(OracleScenario scenario) {
        return Objects.requireNonNull(ports.get(scenario.name()));
      }

      @Override
      public String log() {
        return gateway.log();
      }

      @Override
      public void close() {
        gateway.close();
      }
    };
  }

  /** Starts Envoy. */
  static OracleHost envoy(Path folder, Path guest, int upstream, List<OracleScenario> scenarios)
      throws IOException {
    var ports = new LinkedHashMap<String, Integer>();
    var listeners = new ArrayList<Object>();
    var free = freePorts(scenarios.size() + 1);
    for (var scenario : scenarios) {
      int port = free.get(ports.size());
      ports.put(scenario.name(), port);
      listeners.add(EnvoyJson.listener(scenario, port, guest));
    }
    var config =
        Map.of(
            "static_resources",
            Map.of(
                "listeners",
                listeners,
                "clusters",
                List.of(
                    EnvoyJson.cluster("up", upstream), EnvoyJson.cluster("dead", free.getLast()))));
    var file = folder.resolve("envoy.json");
    Files.writeString(file, JsonMapper.builder().build().writeValueAsString(config));
    var log = folder.resolve("envoy.log");
    var process =
        new ProcessBuilder(
                PeerProgram.find("envoy").binary().toString(),
                "-c",
                file.toString(),
                "--concurrency",
                "1",
                "--use-dynamic-base-id",
                "-l",
                "warning",
                "--log-format",
                "%v")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    for (int port : ports.values()) {
      await(process, log, port);
    }
    return new OracleHost() {
      @Override
      public int port(OracleScenario scenario) {
        return Objects.requireNonNull(ports.get(scenario.name()));
      }

      @Override
      public String log() {
        try {
          return Files.readString(log);
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }

      @Override
      public void close() {
        process.destroy();
        try {
          if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
          }
        } catch (InterruptedException e) {
          process.destroyForcibly();
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  private static void await(Process process, Path log, int port) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (System.nanoTime() < end && process.isAlive()) {
      try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
    }
    throw new IllegalStateException(
        "Envoy does not listen at " + port + ":\n" + Files.readString(log));
  }

  /** Returns the lines that the guest of a scenario has logged. */
  static List<String> lines(String log, OracleScenario scenario) {
    var mark = Pattern.compile("\\[" + Pattern.quote(scenario.name()) + "\\] (.*)$");
    var lines = new ArrayList<String>();
    for (var line : log.lines().toList()) {
      var found = mark.matcher(line);
      if (found.find()) {
        lines.add(found.group(1));
      }
    }
    return lines;
  }

  /** Writes what Envoy needs, as JSON. */
  final class EnvoyJson {
    private static final String TYPE = "type.googleapis.com/envoy.extensions.";

    private EnvoyJson() {}

    static Object cluster(String name, int port) {
      return Map.of(
          "name",
          name,
          "type",
          "STATIC",
          "connect_timeout",
          "5s",
          "typed_extension_protocol_options",
          Map.of(
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              Map.of(
                  "@type",
                  TYPE + "upstreams.http.v3.HttpProtocolOptions",
                  "explicit_http_config",
                  Map.of("http_protocol_options", Map.of("enable_trailers", true)))),
          "load_assignment",
          Map.of(
              "cluster_name",
              name,
              "endpoints",
              List.of(Map.of("lb_endpoints", List.of(Map.of("endpoint", address(port)))))));
    }

    private static Map<String, Object> address(int port) {
      return Map.of(
          "address", Map.of("socket_address", Map.of("address", "127.0.0.1", "port_value", port)));
    }

    static Object listener(OracleScenario scenario, int port, Path guest) {
      var manager = new LinkedHashMap<String, Object>();
      manager.put(
          "@type", TYPE + "filters.network.http_connection_manager.v3.HttpConnectionManager");
      manager.put("stat_prefix", scenario.name());
      manager.put("codec_type", "HTTP1");
      manager.put("http_protocol_options", Map.of("enable_trailers", true));
      manager.put("generate_request_id", false);
      manager.put("server_header_transformation", "PASS_THROUGH");
      manager.put(
          "route_config",
          Map.of(
              "name",
              scenario.name(),
              "virtual_hosts",
              List.of(
                  Map.of(
                      "name",
                      "all",
                      "domains",
                      List.of("*"),
                      "routes",
                      List.of(
                          Map.of(
                              "name",
                              scenario.name(),
                              "match",
                              Map.of("prefix", "/"),
                              "route",
                              Map.of("cluster", "up")))))));
      manager.put("http_filters", List.of(wasm(scenario, guest), router()));
      var listener = new LinkedHashMap<String, Object>(address(port));
      listener.put("name", scenario.name());
      listener.put(
          "filter_chains",
          List.of(
              Map.of(
                  "filters",
                  List.of(
                      Map.of(
                          "name",
                          "envoy.filters.network.http_connection_manager",
                          "typed_config",
                          manager)))));
      return listener;
    }

    private static Object router() {
      return Map.of(
          "name",
          "envoy.filters.http.router",
          "typed_config",
          Map.of("@type", TYPE + "filters.http.router.v3.Router", "suppress_envoy_headers", true));
    }

    private static Object wasm(OracleScenario scenario, Path guest) {
      var vm =
          Map.of(
              "vm_id",
              scenario.name(),
              "runtime",
              "envoy.wasm.runtime.v8",
              "code",
              Map.of("local", Map.of("filename", guest.toString())));
      var plugin =
          Map.of(
              "name",
              scenario.name(),
              "failure_policy",
              scenario.failOpen() ? "FAIL_OPEN" : "FAIL_CLOSED",
              "vm_config",
              vm,
              "configuration",
              Map.of(
                  "@type",
                  "type.googleapis.com/google.protobuf.StringValue",
                  "value",
                  scenario.configuration()));
      return Map.of(
          "name",
          "envoy.filters.http.wasm",
          "typed_config",
          Map.of("@type", TYPE + "filters.http.wasm.v3.Wasm", "config", plugin));
    }
  }
}
