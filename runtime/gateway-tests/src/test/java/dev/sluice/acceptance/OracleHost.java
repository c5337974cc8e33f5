package dev.sluice.acceptance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

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
  static List<Integer> freePorts(int count) throws IOException {
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

  /**
   * Says where the upstreams listen.
   *
   * @param http for requests and HTTP callouts
   * @param grpc for gRPC callouts
   * @param tcp for scenarios of connections, by name
   */
  record Upstreams(int http, int grpc, Map<String, Integer> tcp) {}

  /** Starts a gateway. */
  static OracleHost sluice(
      Path folder, Path guest, Upstreams upstreams, List<OracleScenario> scenarios)
      throws IOException {
    var listeners = new StringBuilder();
    var routes = new StringBuilder();
    var raw = new StringBuilder();
    upstreams
        .tcp()
        .forEach(
            (name, port) ->
                raw.append(
                    "  - {name: %s, endpoints: [{address: \"127.0.0.1:%d\"}]}\n"
                        .formatted(name, port)));
    var plugins = new StringBuilder();
    var ports = new LinkedHashMap<String, Integer>();
    var free = freePorts(scenarios.size() + 1);
    for (var scenario : scenarios) {
      int port = free.get(ports.size());
      ports.put(scenario.name(), port);
      if (scenario.tcp()) {
        listeners.append(
            "  - {name: %1$s, address: \"127.0.0.1:%2$d\", protocol: tcp, upstream: %1$s, plugins: [%1$s]}\n"
                .formatted(scenario, port));
      } else {
        listeners.append("  - {name: %s, address: \"127.0.0.1:%d\"}\n".formatted(scenario, port));
        routes.append(
            "  - {name: %1$s, match: {headers: [{name: x-scenario, exact: %1$s}]}, upstream: up, plugins: [%1$s]}\n"
                .formatted(scenario));
      }
      plugins.append(
          "  - {name: %s, type: %s, url: \"file:%s\", failStrategy: %s, pluginConfig: %s, grants: {http: [up, dead], grpc: [grpc, dead-grpc]}}\n"
              .formatted(
                  scenario,
                  scenario.tcp() ? "NETWORK" : "HTTP",
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
          - {name: dead-grpc, protocol: h2, endpoints: [{address: "127.0.0.1:%d"}]}
          - {name: grpc, protocol: h2, endpoints: [{address: "127.0.0.1:%d"}]}
        %slisteners:
        %sroutes:
        %splugins:
        %s\
        """
            .formatted(
                upstreams.http(),
                free.getLast(),
                free.getLast(),
                upstreams.grpc(),
                raw,
                listeners,
                routes,
                plugins);
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
}
