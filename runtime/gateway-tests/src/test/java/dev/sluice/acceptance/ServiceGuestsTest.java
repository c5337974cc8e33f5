package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Has guests call every service by what the SDK of their language has for it, in a whole gateway.
 * They check the encoding of all types when they are configured, and refuse to start otherwise.
 */
@Tag("peers")
class ServiceGuestsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));

  /** What each guest says, as its language prints it; {@code .ci/peers} builds them. */
  private static final Map<String, List<String>> SAID =
      new TreeMap<>(
          Map.of(
              "go",
              List.of(
                  "scan=[{0 1 9} {1 10 12}] <nil>",
                  "feed=[] 0 <nil>",
                  "feed=[{1 0 2}] 2 <nil>",
                  "close=<nil>",
                  "model=true 384 <nil>",
                  "tokens=2 <nil>",
                  "embed=[2 384] <nil>",
                  "upsert=true <nil>",
                  "search=[1 k true v 1] <nil>",
                  "deleteVector=false <nil>",
                  "deleteVectors=1 <nil>",
                  "reserve=[true 6 9] <nil>",
                  "settle=-2 <nil>",
                  "reserve=[false 0] <nil>",
                  "release=true <nil>",
                  "add=-5 <nil>",
                  "peek=[-5 10] <nil>",
                  "set=true <nil>",
                  "mismatch=true <nil>",
                  "compareAndSet=true <nil>",
                  "get=two <nil>",
                  "delete=true <nil>",
                  "get=true <nil>",
                  "lock=true <nil>",
                  "lock=0 <nil>",
                  "unlock=true <nil>"),
              "rust",
              List.of(
                  "scan=\"0 1 9,1 10 12\"",
                  "feed=\"\"",
                  "safe=0",
                  "feed=\"1 0 2\"",
                  "safe=2",
                  "model=(true, 384)",
                  "tokens=Ok(2)",
                  "embed=Ok((2, 384))",
                  "upsert=Ok(true)",
                  "search=Ok((1, \"k\", true, true, \"1\"))",
                  "deleteVector=Ok(false)",
                  "deleteVectors=Ok(1)",
                  "reserve=Ok((true, 6, 9))",
                  "settle=Ok(-2)",
                  "reserve=Ok((false, 0))",
                  "release=Err(NotFound)",
                  "add=Ok(-5)",
                  "peek=Ok((-5, 10))",
                  "set=Ok(true)",
                  "mismatch=Err(CasMismatch)",
                  "compareAndSet=Ok(true)",
                  "get=Ok(Some(3))",
                  "delete=Ok(true)",
                  "get=Ok(None)",
                  "lock=Ok(true)",
                  "lock=Ok(None)",
                  "unlock=Ok(true)")));

  @TempDir private Path folder;

  static Iterable<String> guests() {
    return SAID.keySet();
  }

  @ParameterizedTest
  @MethodSource("guests")
  void callsEveryService(String guest) {
    var wasm = ROOT.resolve(".peers/wasm/services-" + guest + "/plugin.wasm");
    if (!Files.isRegularFile(wasm)) {
      var line = "peer is missing: " + wasm + " (.ci/peers builds it)";
      if ("required".equals(System.getProperty("peers"))) {
        Assertions.fail(line);
      }
      Assumptions.abort(line);
    }
    try (var transport = Transport.create(1);
        var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "up"));
        var gateway =
            SwapGateway.start(
                folder,
                """
                listeners: [{name: web, address: "127.0.0.1:0"}]
                accessLog: {}
                upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
                plugins:
                  - name: services
                    url: "file:%s"
                    limits: {callTime: 20s, startTime: 60s}
                    grants: {store: {}, counters: {}, vectors: {}, embed: {}, tokens: {}}
                routes: [{name: all, match: {path: {prefix: /}}, upstream: up, plugins: [services]}]
                """
                    .formatted(upstream.port(), wasm.toAbsolutePath().normalize()))) {
      var answer = gateway.get("/services/42");

      assertThat(answer.statusCode()).isEqualTo(200);
      var said = upstream.exchanges().element().headers().join().get("x-services", "");
      assertThat(said.substring(0, said.lastIndexOf(';')).split("; ", -1))
          .containsExactlyElementsOf(SAID.get(guest));
    }
  }
}
