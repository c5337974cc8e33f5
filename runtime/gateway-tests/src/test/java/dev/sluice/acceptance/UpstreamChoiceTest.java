package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has a Wasm guest see the endpoints of its route and choose one, by the calls of Higress: it takes
 * the one in {@code x-pick} and says in {@code x-status} what it was told; without, it answers with
 * the list.
 */
class UpstreamChoiceTest {
  private static final String GUEST =
      """
      (module
        (import "env" "proxy_get_header_map_value"
          (func $get (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_add_header_map_value"
          (func $add (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_get_upstream_hosts" (func $hosts (param i32 i32) (result i32)))
        (import "env" "proxy_set_upstream_override_host"
          (func $choose (param i32 i32) (result i32)))
        (import "env" "proxy_send_local_response"
          (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (func (export "proxy_abi_version_0_2_100"))
        (memory (export "memory") 2)
        (global $free (mut i32) (i32.const 65536))
        (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
          (local $at i32)
          (local.set $at (global.get $free))
          (global.set $free (i32.add (global.get $free) (i32.and
            (i32.add (local.get $size) (i32.const 7)) (i32.const -8))))
          (if (i32.gt_u (global.get $free) (i32.const 120000))
            (then (global.set $free (i32.const 65536))))
          (local.get $at))
        (data (i32.const 32) "x-pick")
        (data (i32.const 48) "x-status")
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
          (if (i32.ne (call $get (i32.const 0) (i32.const 32) (i32.const 6) (i32.const 8)
              (i32.const 12)) (i32.const 0))
            (then
              (drop (call $hosts (i32.const 8) (i32.const 12)))
              (drop (call $answer (i32.const 200) (i32.const 0) (i32.const 0)
                (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.const 0) (i32.const 0)
                (i32.const -1)))
              (return (i32.const 1))))
          (i32.store8 (i32.const 16) (i32.add (i32.const 48)
            (call $choose (i32.load (i32.const 8)) (i32.load (i32.const 12)))))
          (drop (call $add (i32.const 0) (i32.const 48) (i32.const 8) (i32.const 16)
            (i32.const 1)))
          (i32.const 0)))
      """;

  @TempDir private Path folder;
  private final Transport transport = Transport.create(1);
  private final List<TestUpstream> upstreams = new ArrayList<>();
  private SwapGateway gateway;
  private int closed;

  @BeforeEach
  void start() throws IOException {
    var endpoints = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      upstreams.add(
          TestUpstream.start(
              transport,
              exchange ->
                  exchange.respond(200, exchange.headers().join().get("x-status", "none"))));
      endpoints.append("{address: \"127.0.0.1:%d\"}, ".formatted(upstreams.get(i).port()));
    }
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    endpoints.append("{address: \"127.0.0.1:%d\"}".formatted(closed));
    Files.write(folder.resolve("guest.wasm"), Wat.assemble(GUEST));
    gateway =
        SwapGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            accessLog: {}
            upstreams: [{name: up, endpoints: [%s]}]
            plugins: [{name: chooser, url: "file:%s"}]
            routes: [{name: all, upstream: up, plugins: [chooser], retry: {attempts: 3, on: [connect_failure]}}]
            """
                .formatted(endpoints, folder.resolve("guest.wasm")));
  }

  @AfterEach
  void stop() {
    gateway.close();
    upstreams.forEach(TestUpstream::close);
    transport.close();
  }

  @Test
  void listsTheEndpointsOfTheRoute() {
    var list = gateway.get("/").body();

    for (var upstream : upstreams) {
      assertThat(list).contains("127.0.0.1:" + upstream.port());
    }
    assertThat(list).contains("127.0.0.1:" + closed);
  }

  @Test
  void goesToTheOneThatWasChosen() {
    for (int round = 0; round < 3; round++) {
      for (var upstream : upstreams) {
        int before = upstream.exchanges().size();
        var answer = gateway.get("/", "x-pick", "127.0.0.1:" + upstream.port());

        assertThat(answer.body()).isEqualTo("0");
        assertThat(upstream.exchanges()).hasSize(before + 1);
      }
    }
  }

  @Test
  void balancesWhenTheChosenOneCannotBeReached() {
    var answer = gateway.get("/", "x-pick", "127.0.0.1:" + closed);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).as("was accepted").isEqualTo("0");
    assertThat(upstreams.stream().mapToInt(u -> u.exchanges().size()).sum()).isEqualTo(1);
  }

  @Test
  void refusesAnEndpointOfNobody() {
    for (var nobody : List.of("127.0.0.1:1", "10.0.0.1:80", "nonsense", "127.0.0.1")) {
      var answer = gateway.get("/", "x-pick", nobody);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).as(nobody).isEqualTo("2");
    }
  }
}
