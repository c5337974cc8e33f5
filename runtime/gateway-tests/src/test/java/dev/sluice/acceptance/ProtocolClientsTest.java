package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sends requests of clients that nobody here wrote: curl, nghttp, and the load of h2load and wrk,
 * of which no request may fail. {@code -Dsluice.full=true} makes the load ten times as large.
 */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class ProtocolClientsTest {
  private static final int FACTOR = Boolean.getBoolean("sluice.full") ? 10 : 1;

  private final Transport others = Transport.create(1);
  @TempDir Path folder;
  private @Nullable TestUpstream echo;
  private @Nullable TestUpstream hello;
  private @Nullable TestUpstream count;
  private @Nullable ProtocolGateway gateway;
  private Path ca = Path.of("-");

  @BeforeEach
  void start() {
    var authority = TestAuthority.create(folder, "test");
    ca = authority.ca();
    var pair = authority.issue("localhost");
    var echoing = TestUpstream.echo(others, null);
    echo = echoing;
    var greeting = TestUpstream.start(others, exchange -> exchange.respond(200, "hello"));
    hello = greeting;
    var counting = TestUpstream.start(others, ProtocolClientsTest::count);
    count = counting;
    gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners:
              - {name: http, address: "127.0.0.1:0"}
              - {name: https, address: "127.0.0.1:0", tls: {certificates: [{cert: "%s", key: "%s"}]}}
            upstreams:
              - {name: echo-h1, protocol: http/1.1, endpoints: [{address: "127.0.0.1:%3$d"}]}
              - {name: echo-h2, protocol: h2, endpoints: [{address: "127.0.0.1:%3$d"}]}
              - {name: hello-h1, protocol: http/1.1, endpoints: [{address: "127.0.0.1:%4$d"}]}
              - {name: hello-h2, protocol: h2, endpoints: [{address: "127.0.0.1:%4$d"}]}
              - {name: count-h1, protocol: http/1.1, endpoints: [{address: "127.0.0.1:%5$d"}]}
              - {name: count-h2, protocol: h2, endpoints: [{address: "127.0.0.1:%5$d"}]}
            routes:
              - {name: count-h1, match: {path: {prefix: /count/h1}}, upstream: count-h1}
              - {name: count-h2, match: {path: {prefix: /count/h2}}, upstream: count-h2}
              - {name: echo-h1, match: {path: {prefix: /echo/h1}}, upstream: echo-h1}
              - {name: echo-h2, match: {path: {prefix: /echo/h2}}, upstream: echo-h2}
              - {name: hello-h1, match: {path: {prefix: /hello/h1}}, upstream: hello-h1}
              - {name: hello-h2, match: {path: {prefix: /hello/h2}}, upstream: hello-h2}
            """
                .formatted(
                    pair.cert(), pair.key(), echoing.port(), greeting.port(), counting.port()));
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    if (echo != null) {
      echo.close();
    }
    if (hello != null) {
      hello.close();
    }
    if (count != null) {
      count.close();
    }
    others.close();
  }

  /** Lets the client continue, and says how much came. */
  private static void count(Exchange exchange) {
    if (exchange.headers().join().contains("expect")) {
      exchange.stream().sendInformational(Headers.of(":status", "100"));
    }
    exchange.complete().thenAccept(all -> all.respond(200, "got " + all.received()));
  }

  private String uri(String scheme, String path) {
    var running = gateway;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return scheme + "://localhost:" + running.port(scheme) + path;
  }

  /** Returns what every run of curl begins with. */
  private List<String> curlOptions(String version) {
    return new ArrayList<>(
        List.of("-sS", "--noproxy", "*", "-m", "120", "--cacert", ca.toString(), version));
  }

  private byte[] upload() throws IOException {
    var sent = new byte[3_000_000];
    new Random(1).nextBytes(sent);
    Files.write(folder.resolve("upload"), sent);
    return sent;
  }

  @ParameterizedTest(name = "{0} {1} over {2} to an upstream of {3}")
  @CsvSource({
    "--http1.1, Expect:, http, h1",
    "--http1.1, Expect:, http, h2",
    "--http1.1, Expect:, https, h1",
    "--http1.1, Expect:, https, h2",
    "--http1.1, Transfer-Encoding: chunked, http, h1",
    "--http1.1, Transfer-Encoding: chunked, https, h2",
    "--http2-prior-knowledge, Expect:, http, h1",
    "--http2-prior-knowledge, Expect:, http, h2",
    "--http2, Expect:, https, h1",
    "--http2, Expect:, https, h2",
  })
  void curlGetsBackWhatItSends(String version, String header, String scheme, String upstream)
      throws IOException {
    var curl = PeerProgram.find("curl");
    var sent = upload();
    var arguments = curlOptions(version);
    // The upstream answers at once: with Expect curl would wait a second for nothing.
    arguments.addAll(List.of("-H", "Expect:", "-H", header));
    var download = folder.resolve("download");
    arguments.addAll(List.of("-T", folder.resolve("upload").toString(), "-o", "" + download));
    arguments.addAll(List.of("-w", "%{http_code} %{http_version}"));
    arguments.add(uri(scheme, "/echo/" + upstream + "/up?a=b"));
    var result = curl.run(arguments);
    assertThat(result.output()).isEqualTo(version.equals("--http1.1") ? "200 1.1" : "200 2");
    assertThat(result.code()).isZero();
    assertThat(Arrays.equals(Files.readAllBytes(download), sent)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"h1", "h2"})
  void curlIsToldToContinue(String upstream) throws IOException {
    var curl = PeerProgram.find("curl");
    var sent = upload();
    var arguments = curlOptions("--http1.1");
    arguments.addAll(List.of("-v", "--expect100-timeout", "100"));
    arguments.addAll(List.of("-T", folder.resolve("upload").toString()));
    arguments.add(uri("http", "/count/" + upstream));
    var result = curl.run(arguments);
    assertThat(result.output())
        .contains("> Expect: 100-continue", "< HTTP/1.1 100 Continue", "< HTTP/1.1 200 OK")
        .contains("got " + sent.length);
    assertThat(result.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"--http1.1, http", "--http1.1, https", "--http2, https"})
  void curlKeepsOneConnectionForManyRequests(String version, String scheme) {
    var curl = PeerProgram.find("curl");
    var arguments = curlOptions(version);
    arguments.addAll(List.of("-w", "%{num_connects}\n"));
    for (int i = 0; i < 20; i++) {
      arguments.add(uri(scheme, i % 2 == 0 ? "/hello/h1" : "/hello/h2"));
    }
    var result = curl.run(arguments);
    assertThat(result.output()).isEqualTo("hello1\n" + "hello0\n".repeat(19));
    assertThat(result.code()).isZero();
    var asking = curlOptions(version);
    asking.addAll(List.of("-I", uri(scheme, "/hello/h1")));
    var head = curl.run(asking);
    assertThat(head.output()).contains(" 200", "content-length: 5");
    assertThat(head.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"http", "https"})
  void nghttpGetsAndPosts(String scheme) throws IOException {
    var nghttp = PeerProgram.find("nghttp");
    var many = nghttp.run("-nv", "-m", "50", uri(scheme, "/hello/h1"), uri(scheme, "/hello/h2"));
    assertThat(many.code()).as(many.output()).isZero();
    assertThat(many.output().split(":status: 200", -1)).as(many.output()).hasSize(101);
    var data = Files.writeString(folder.resolve("data"), "x".repeat(200_000));
    var posted = nghttp.run("-d", data.toString(), uri(scheme, "/echo/h2"));
    assertThat(posted.output()).contains("x".repeat(200_000));
    assertThat(posted.code()).isZero();
  }

  @ParameterizedTest(name = "{0} {1} to an upstream of {2}")
  @CsvSource({
    "--h1, http, h1",
    "--h1, https, h2",
    "h2, http, h1",
    "h2, http, h2",
    "h2, https, h1",
  })
  void noRequestOfH2loadFails(String version, String scheme, String upstream) {
    var h2load = PeerProgram.find("h2load");
    int requests = 10_000 * FACTOR;
    var arguments = new ArrayList<>(List.of("-n", "" + requests, "-c", "10", "-t", "1"));
    arguments.addAll(version.equals("--h1") ? List.of("--h1") : List.of("-m", "20"));
    arguments.add(uri(scheme, "/hello/" + upstream));
    var result = h2load.run(arguments);
    assertThat(result.output())
        .contains(
            "%1$d total, %1$d started, %1$d done, %1$d succeeded, 0 failed, 0 errored, 0 timeout"
                .formatted(requests))
        .contains("status codes: " + requests + " 2xx");
    assertThat(result.code()).isZero();
  }

  @Test
  void noRequestOfWrkFails() {
    var wrk = PeerProgram.find("wrk");
    for (var path : List.of("/hello/h1", "/hello/h2", "/echo/h1")) {
      var result =
          wrk.run("-t", "1", "-c", "20", "-d", FACTOR + "s", "--timeout", "60s", uri("http", path));
      assertThat(result.output())
          .containsPattern("[1-9]\\d* requests in")
          .doesNotContain("Non-2xx", "Socket errors");
      assertThat(result.code()).isZero();
    }
  }
}
