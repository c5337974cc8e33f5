package dev.sluice.acceptance;

import dev.sluice.acceptance.OracleHost.Upstreams;
import java.io.IOException;
import java.net.InetAddress;
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
import tools.jackson.databind.json.JsonMapper;

/** Runs the scenarios in Envoy. */
final class OracleEnvoy {
  private static final Map<String, Object> HTTP1 =
      Map.of("http_protocol_options", Map.of("enable_trailers", true));
  private static final Map<String, Object> HTTP2 = Map.of("http2_protocol_options", Map.of());
  private static final String TYPE = "type.googleapis.com/envoy.extensions.";

  private static Object cluster(String name, int port, Map<String, Object> protocol) {
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
                protocol)),
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

  private static Object listener(OracleScenario scenario, int port, Path guest) {
    var listener = new LinkedHashMap<String, Object>(address(port));
    listener.put("name", scenario.name());
    listener.put(
        "filter_chains",
        List.of(Map.of("filters", scenario.tcp() ? tcp(scenario, guest) : http(scenario, guest))));
    return listener;
  }

  private static List<Object> tcp(OracleScenario scenario, Path guest) {
    var proxy =
        Map.of(
            "@type",
            TYPE + "filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix",
            scenario.name(),
            "cluster",
            scenario.name());
    return List.of(
        wasm(scenario, guest, "network"),
        Map.of("name", "envoy.filters.network.tcp_proxy", "typed_config", proxy));
  }

  private static List<Object> http(OracleScenario scenario, Path guest) {
    var manager = new LinkedHashMap<String, Object>();
    manager.put("@type", TYPE + "filters.network.http_connection_manager.v3.HttpConnectionManager");
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
    manager.put("http_filters", List.of(wasm(scenario, guest, "http"), router()));
    return List.of(
        Map.of("name", "envoy.filters.network.http_connection_manager", "typed_config", manager));
  }

  private static Object router() {
    return Map.of(
        "name",
        "envoy.filters.http.router",
        "typed_config",
        Map.of("@type", TYPE + "filters.http.router.v3.Router", "suppress_envoy_headers", true));
  }

  private static Object wasm(OracleScenario scenario, Path guest, String kind) {
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
        "envoy.filters." + kind + ".wasm",
        "typed_config",
        Map.of("@type", TYPE + "filters." + kind + ".wasm.v3.Wasm", "config", plugin));
  }

  private OracleEnvoy() {}

  /** Starts Envoy. */
  static OracleHost start(
      Path folder, Path guest, Upstreams upstreams, List<OracleScenario> scenarios)
      throws IOException {
    var ports = new LinkedHashMap<String, Integer>();
    var listeners = new ArrayList<Object>();
    var free = OracleHost.freePorts(scenarios.size() + 1);
    for (var scenario : scenarios) {
      int port = free.get(ports.size());
      ports.put(scenario.name(), port);
      listeners.add(listener(scenario, port, guest));
    }
    var clusters = new ArrayList<Object>();
    clusters.add(cluster("up", upstreams.http(), HTTP1));
    clusters.add(cluster("dead", free.getLast(), HTTP1));
    clusters.add(cluster("grpc", upstreams.grpc(), HTTP2));
    clusters.add(cluster("dead-grpc", free.getLast(), HTTP2));
    upstreams.tcp().forEach((name, port) -> clusters.add(cluster(name, port, HTTP1)));
    var config = Map.of("static_resources", Map.of("listeners", listeners, "clusters", clusters));
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
    for (var scenario : scenarios) {
      if (!scenario.tcp()) { // a connection would be seen there
        await(process, log, Objects.requireNonNull(ports.get(scenario.name())));
      }
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
}
