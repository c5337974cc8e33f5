package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what a gateway logs of its exchanges. */
@ExtendWith(LeakCheck.class)
class AccessLogTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(
          transport, exchange -> exchange.complete().thenAccept(e -> e.respond(200, "hello")));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** The upstreams of the frame stand in one line: another one needs its own. */
  private String frame() {
    return TestGateway.frame(upstream.port())
        .replaceAll("upstreams: \\[(.*)]\n", "upstreams:\n  - $1\n");
  }

  private TestGateway gateway(String more) {
    return TestGateway.start(
        folder,
        frame()
            + """
              - {name: dead, endpoints: [{address: "127.0.0.1:1"}]}
            routes:
              - {name: all, upstream: api}
              - {name: dead, match: {path: {exact: /dead}}, upstream: dead, retry: {attempts: 2}}
            """
            + more);
  }

  /** Waits until so many lines are there and returns them. */
  private static List<JsonNode> lines(TestGateway gateway, int count) {
    eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(count));
    return gateway.accessLog().stream().map(JsonMapper.shared()::readTree).toList();
  }

  private int count(String file) {
    try {
      return Files.exists(folder.resolve(file))
          ? Files.readAllLines(folder.resolve(file)).size()
          : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void writesALineWithTheFieldsOfAnExchange() {
    var before = Instant.now();
    try (var gateway = gateway("")) {
      gateway.post("/some/path?q=1", "12345678", "user-agent", "test \"agent\"", "x-other", "o");

      var line = lines(gateway, 1).getFirst();

      assertThat(line.propertyNames())
          .containsExactly(
              "time",
              "requestId",
              "protocol",
              "remote",
              "method",
              "host",
              "path",
              "userAgent",
              "route",
              "upstream",
              "endpoint",
              "attempts",
              "status",
              "requestBytes",
              "responseBytes",
              "durationMicros",
              "firstByteMicros",
              "upstreamMicros");
      assertThat(Instant.parse(line.path("time").asString()))
          .isBetween(before.minusMillis(5), Instant.now());
      assertThat(line.path("requestId").asString()).isNotEmpty();
      assertThat(line.path("protocol").asString()).isEqualTo("HTTP/1.1");
      assertThat(line.path("remote").asString()).startsWith("127.0.0.1:");
      assertThat(line.path("method").asString()).isEqualTo("POST");
      assertThat(line.path("host").asString())
          .isEqualTo("127.0.0.1:" + gateway.address("web").getPort());
      assertThat(line.path("path").asString()).isEqualTo("/some/path?q=1");
      assertThat(line.path("userAgent").asString()).isEqualTo("test \"agent\"");
      assertThat(line.path("route").asString()).isEqualTo("all");
      assertThat(line.path("upstream").asString()).isEqualTo("api");
      assertThat(line.path("endpoint").asString()).isEqualTo("127.0.0.1:" + upstream.port());
      assertThat(line.path("attempts").asInt()).isEqualTo(1);
      assertThat(line.path("status").asInt()).isEqualTo(200);
      assertThat(line.path("requestBytes").asInt()).isEqualTo(8);
      assertThat(line.path("responseBytes").asInt()).isEqualTo(5);
      assertThat(line.path("durationMicros").asLong())
          .isPositive()
          .isGreaterThanOrEqualTo(line.path("firstByteMicros").asLong());
    }
  }

  @Test
  void carriesTheIdThatTheClientSees() {
    try (var gateway = gateway("")) {
      var id = gateway.get("/dead").headers().firstValue("x-request-id");

      assertThat(id).contains(lines(gateway, 1).getFirst().path("requestId").asString());
    }
  }

  @Test
  void saysWhoFailedAndHowOftenItWasTried() {
    try (var gateway = gateway("")) {
      gateway.get("/dead");

      var line = lines(gateway, 1).getFirst();

      assertThat(line.path("status").asInt()).isEqualTo(502);
      assertThat(line.path("code").asString()).isEqualTo("upstream_connect_failed");
      assertThat(line.path("failedBy").asString()).isEqualTo("upstream");
      assertThat(line.path("upstream").asString()).isEqualTo("dead");
      assertThat(line.path("attempts").asInt()).isEqualTo(3);
      assertThat(line.path("detail").asString()).isNotEmpty();
    }
  }

  @Test
  void namesThePluginThatFailed() {
    var trap =
        dev.sluice.wasm.testing.Wat.assemble(
            """
            (module
              (memory (export "memory") 1)
              (func (export "proxy_abi_version_0_2_1"))
              (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
              (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (unreachable)))
            """);
    var url = Guests.file(folder, "trap.wasm", trap);
    try (var gateway = gateway("plugins: [{name: trap, url: \"" + url + "\", routes: [all]}]")) {
      assertThat(gateway.get("/").statusCode()).isEqualTo(503);

      var line = lines(gateway, 1).getFirst();

      assertThat(line.path("code").asString()).isEqualTo("plugin_failed");
      assertThat(line.path("failedBy").asString()).isEqualTo("plugin");
      assertThat(line.path("plugin").asString()).isEqualTo("trap");
    }
  }

  @Test
  void writesOneLineForEachExchangeHoweverItEnds() {
    try (var gateway = gateway("")) {
      for (int i = 0; i < 20; i++) {
        gateway.get("/" + i);
      }
      gateway.get("/dead");
      try (var leaving = new RawClient(gateway.address("web"))) {
        leaving.send("POST /left HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n1");
        eventually()
            .untilAsserted(
                () -> assertThat(gateway.metric("sluice_active_exchanges")).isEqualTo(1));
      }

      var lines = lines(gateway, 22);

      assertThat(lines.stream().map(line -> line.path("requestId").asString()).distinct())
          .hasSize(22);
      var left = lines.getLast();
      assertThat(left.path("path").asString()).isEqualTo("/left");
      assertThat(left.path("status").asInt()).isEqualTo(499);
      assertThat(left.path("code").asString()).isEqualTo("client_gone");
      assertThat(left.path("failedBy").asString()).isEqualTo("client");
    }
  }

  @Test
  void writesNoHeaderValuesNorKeysInTheQuery() {
    try (var gateway = gateway("")) {
      gateway.get(
          "/v1beta/models?key=AIza-hush&alt=sse&access_token=hush&x=key&API-KEY=hush&monkey=1",
          "authorization",
          "Bearer hush",
          "cookie",
          "session=hush",
          "x-api-key",
          "hush");

      lines(gateway, 1);
      var line = gateway.accessLog().getFirst();

      assertThat(line)
          .doesNotContain("hush")
          .contains("?key=***&alt=sse&access_token=***&x=key&API-KEY=***&monkey=1");
    }
  }

  @Test
  void writesValidJsonWhateverCame() {
    try (var gateway = gateway("");
        var client = new RawClient(gateway.address("web"))) {
      client
          .send("GET /%22 HTTP/1.1\r\nhost: a\r\nuser-agent: a\"b\\c\td\u0080\u00e4\r\n\r\n")
          .readHead();

      assertThat(lines(gateway, 1).getFirst().path("userAgent").asString())
          .isEqualTo("a\"b\\c\td\u0080\u00e4");
    }
  }

  @Test
  void goesOnInANewFileWhenTheOldOneIsRenamed() throws IOException {
    try (var gateway = gateway("")) {
      gateway.get("/1");
      lines(gateway, 1);

      Files.move(folder.resolve("access.log"), folder.resolve("access.log.1"));
      int sent = 1;
      while (count("access.log") == 0) {
        gateway.get("/" + ++sent);
      }

      int all = sent;
      eventually()
          .untilAsserted(
              () -> assertThat(count("access.log") + count("access.log.1")).isEqualTo(all));
      assertThat(gateway.metric("sluice_access_log_dropped_total")).isZero();
    }
  }

  @Test
  void goesOnInANewFileWhenTheOldOneIsRemovedOrReplaced() throws IOException {
    try (var gateway = gateway("")) {
      gateway.get("/1");
      lines(gateway, 1);

      Files.delete(folder.resolve("access.log"));
      eventually().until(() -> Files.exists(folder.resolve("access.log")));
      gateway.get("/2");
      assertThat(lines(gateway, 1).getFirst().path("path").asString()).isEqualTo("/2");

      Files.move(folder.resolve("access.log"), folder.resolve("access.log.1"));
      Files.createFile(folder.resolve("access.log"));
      eventually()
          .untilAsserted(
              () -> {
                gateway.get("/3");
                assertThat(count("access.log")).isPositive();
              });
    }
  }

  @Test
  void goesOnInAFileThatWasTruncated() throws IOException {
    try (var gateway = gateway("")) {
      gateway.get("/a-long-path-that-makes-the-first-line-longer-than-the-second");
      lines(gateway, 1);

      Files.newOutputStream(folder.resolve("access.log")).close();
      gateway.get("/2");

      assertThat(lines(gateway, 1).getFirst().path("path").asString()).isEqualTo("/2");
    }
  }

  /** Opening a named pipe blocks until someone reads from it. */
  @Test
  void servesOnWhileTheFileBlocks() throws Exception {
    var pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor())
        .isZero();
    try (var gateway =
        TestGateway.start(
            folder,
            frame().replace("access.log", "pipe") + "routes: [{name: all, upstream: api}]")) {
      for (int i = 0; i < 50; i++) {
        assertThat(gateway.get("/" + i).statusCode()).isEqualTo(200);
      }

      try (var reader = Files.newBufferedReader(pipe)) {
        for (int i = 0; i < 50; i++) {
          assertThat(reader.readLine()).startsWith("{\"time\"");
        }
      }
      assertThat(gateway.metric("sluice_access_log_dropped_total")).isZero();
    }
  }

  @Test
  void dropsAndCountsLinesPastItsBoundInsteadOfMemory() throws Exception {
    int kept = 8192;
    var pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor())
        .isZero();
    var config = frame().replace("access.log", "pipe").replace("threads: 2", "threads: 1");
    try (var gateway = TestGateway.start(folder, config);
        var client = new RawClient(gateway.address("web"))) {
      var batch = "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(100);
      for (int sent = 0; sent < kept + 100; sent += 100) {
        client.send(batch);
        for (int i = 0; i < 100; i++) {
          assertThat(client.readHead()).startsWith("HTTP/1.1 404");
        }
      }

      // 8,300 were sent: the bound is no multiple of 100.
      assertThat(gateway.metric("sluice_access_log_dropped_total")).isEqualTo(8300 - kept);
      try (var reader = Files.newBufferedReader(pipe)) {
        for (int i = 0; i < kept; i++) {
          assertThat(reader.readLine()).startsWith("{\"time\"");
        }
      }
    }
  }

  @Test
  void countsLinesThatCannotBeWrittenAndServesOn() {
    var log = folder.resolve("access.log");
    try (var lines = new LogLines();
        var gateway =
            TestGateway.start(
                folder,
                frame().replace("access.log", "/dev/full")
                    + "routes: [{name: all, upstream: api}]")) {
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);

      eventually()
          .untilAsserted(
              () -> assertThat(gateway.metric("sluice_access_log_dropped_total")).isEqualTo(1));
      assertThat(lines.lines())
          .anyMatch(line -> line.startsWith("WARN cannot write the access log /dev/full"));
      assertThat(log).doesNotExist();
    }
  }

  @Test
  void writesWhatIsLeftAtTheEnd() {
    try (var gateway = gateway("");
        var client = new RawClient(gateway.address("web"))) {
      client.send("POST /open HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n1");
      eventually()
          .untilAsserted(() -> assertThat(gateway.metric("sluice_active_exchanges")).isEqualTo(1));
      gateway.get("/last");
    }

    assertThat(count("access.log")).isEqualTo(2);
  }

  @Test
  void writesNothingWhenItIsSwitchedOff() {
    try (var gateway =
        TestGateway.start(
            folder,
            frame().replace("{path: access.log}", "{}") + "routes: [{name: all, upstream: api}]")) {
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);
      assertThat(folder.resolve("access.log")).doesNotExist();
    }
  }
}
