package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Puts HTTP/2 (RFC 9113) and HPACK (RFC 7541) of the listeners to the tests of h2spec. */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class ProtocolConformanceTest {
  private static final Pattern SUMMARY =
      Pattern.compile("(\\d+) tests, (\\d+) passed, (\\d+) skipped, (\\d+) failed");

  private final Transport others = Transport.create(1);
  @TempDir Path folder;

  @AfterEach
  void stop() {
    others.close();
  }

  @ParameterizedTest(name = "a {0} listener before an upstream that speaks {1}")
  @CsvSource({"plain, http/1.1", "plain, h2", "secure, http/1.1", "secure, h2"})
  void passesEveryTest(String listener, String protocol) {
    var h2spec = PeerProgram.find("h2spec");
    var pair = TestAuthority.create(folder, "test").issue("localhost");
    try (var upstream = TestUpstream.start(others, exchange -> exchange.respond(200, "hello\n"));
        var gateway = ProtocolGateway.start(folder, config(pair, protocol, upstream.port()))) {
      var arguments =
          new ArrayList<>(
              List.of("-h", "localhost", "-p", "" + gateway.port(listener), "-o", "10", "-S"));
      if (listener.equals("secure")) {
        arguments.addAll(List.of("-t", "-k"));
      }
      var result = h2spec.run(arguments);
      var summary = SUMMARY.matcher(result.output());
      assertThat(summary.find()).as(result.output()).isTrue();
      assertThat(Integer.parseInt(summary.group(1))).isGreaterThan(140);
      assertThat(summary.group(4)).as(result.output()).isEqualTo("0");
      assertThat(result.code()).as(result.output()).isZero();
    }
  }

  private static String config(KeyPairFiles pair, String protocol, int port) {
    return """
    listeners:
      - {name: plain, address: "127.0.0.1:0"}
      - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: "%s", key: "%s"}]}}
    upstreams: [{name: up, protocol: %s, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, upstream: up}]
    """
        .formatted(pair.cert(), pair.key(), protocol, port);
  }
}
