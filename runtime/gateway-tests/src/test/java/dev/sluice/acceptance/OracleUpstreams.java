package dev.sluice.acceptance;

import dev.sluice.acceptance.OracleHost.Upstreams;
import dev.sluice.acceptance.OracleMessages.Seen;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Answers as the scenario says that a request names, and keeps what it got. */
final class OracleUpstreams implements AutoCloseable {
  private final ServerSocket http = listen();
  private final Map<String, ServerSocket> tcp = new LinkedHashMap<>();
  private final Server grpc;
  private final Map<String, OracleScenario> scenarios = new ConcurrentHashMap<>();
  private final Map<String, List<Seen>> seen = new ConcurrentHashMap<>();

  /** Does what a connection needs. */
  private interface Conversation {
    void with(Socket socket) throws IOException;
  }

  OracleUpstreams(List<OracleScenario> all) throws IOException {
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new GrpcService())
            .intercept(new GrpcService.SendBack())
            .build()
            .start();
    for (var scenario : all) {
      scenarios.put(scenario.name(), scenario);
      if (scenario.tcp()) {
        var listening = listen();
        tcp.put(scenario.name(), listening);
        accept(listening, socket -> talk(socket, scenario));
      }
    }
    accept(http, this::serve);
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
  }

  Upstreams ports() {
    var ports = new LinkedHashMap<String, Integer>();
    tcp.forEach((name, listening) -> ports.put(name, listening.getLocalPort()));
    return new Upstreams(http.getLocalPort(), grpc.getPort(), ports);
  }

  /** Returns what came for a scenario. */
  List<Seen> seen(OracleScenario scenario) {
    return seen.getOrDefault(scenario.name(), List.of());
  }

  private void keep(String scenario, Seen request) {
    seen.computeIfAbsent(scenario, key -> Collections.synchronizedList(new ArrayList<>()))
        .add(request);
  }

  private static void accept(ServerSocket listening, Conversation conversation) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  var socket = listening.accept();
                  socket.setTcpNoDelay(true);
                  Thread.ofVirtual().start(() -> converse(socket, conversation));
                }
              } catch (IOException e) {
                // Closed.
              }
            });
  }

  private static void converse(Socket socket, Conversation conversation) {
    try (socket) {
      conversation.with(socket);
    } catch (IOException e) {
      // The host has closed the connection.
    }
  }

  /** Hears the other side out before it answers, so that the order of events is one. */
  private void talk(Socket socket, OracleScenario scenario) throws IOException {
    keep(scenario.name(), OracleMessages.all(socket));
    OracleMessages.sendPieces(socket, scenario.response().body());
  }

  private void serve(Socket socket) throws IOException {
    var in = new BufferedInputStream(socket.getInputStream());
    while (true) {
      var request = OracleMessages.read(in, false);
      var name =
          request.headers().stream()
              .filter(line -> line.startsWith("x-scenario: "))
              .map(line -> line.substring(12))
              .findFirst()
              .orElse("");
      keep(name, request);
      answer(socket.getOutputStream(), request, scenarios.get(name));
    }
  }

  private static void answer(OutputStream out, Seen request, @Nullable OracleScenario scenario)
      throws IOException {
    if (request.first().contains(" /callout")) {
      OracleMessages.send(
          out, "HTTP/1.1 200 OK\r\nx-callout: yes\r\ncontent-length: 7\r\n\r\nanswer!");
      return;
    }
    if (scenario == null) {
      OracleMessages.send(out, "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    var response = scenario.response();
    boolean empty = response.body().isEmpty() && response.trailers().isEmpty();
    OracleMessages.write(
        out,
        "HTTP/1.1 " + response.first() + " OK",
        response,
        empty ? List.of("content-length: 0") : List.of());
  }

  @Override
  public void close() throws IOException {
    http.close();
    for (var listening : tcp.values()) {
      listening.close();
    }
    grpc.shutdownNow();
  }
}
