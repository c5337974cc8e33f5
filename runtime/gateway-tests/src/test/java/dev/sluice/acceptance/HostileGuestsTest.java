package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.wasm.testing.Wat;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/**
 * Loads plugins that do their worst into a gateway whose other routes serve: each fails its own
 * calls as {@code failStrategy} says, and nobody else's.
 */
class HostileGuestsTest {
  private static final String PRELUDE =
      """
      (func (export "proxy_abi_version_0_2_1"))
      (memory (export "memory") 2)
      (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (i32.const 65536))
      """;

  private static final String LOOP = "(loop $again (br $again))";
  private static final String GROW =
      """
      (loop $again
        (if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then (br $again)))
        (unreachable))
      """;

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** Answers when the request is complete: before, it would overtake what plugins do to bodies. */
  private static void answer(Exchange exchange) {
    exchange.complete().thenAccept(done -> exchange.respond(200, "ok"));
  }

  private static byte[] guest(String imports, String functions) {
    return Wat.assemble("(module " + imports + PRELUDE + functions + ")");
  }

  /** Returns a guest that does something in one callback of a stream. */
  private static byte[] misbehaving(String callback, String deed) {
    boolean log = callback.equals("proxy_on_log");
    var result = log ? "" : "(result i32)";
    var params = log ? "(param i32)" : "(param i32 i32 i32)";
    var value = result.isEmpty() ? "" : "(i32.const 0)";
    return switch (deed) {
      case "recursion" ->
          guest(
              "",
              "(func $down (param i32) (result i32) (i32.add (call $down (i32.const 1)) (i32.const"
                  + " 1)))"
                  + "(func (export \"%s\") %s %s (drop (call $down (i32.const 0))) %s)"
                      .formatted(callback, params, result, value));
      case "pointers" ->
          guest(
              "(import \"env\" \"proxy_log\" (func $log (param i32 i32 i32) (result i32)))"
                  + "(import \"env\" \"proxy_get_property\" (func $get (param i32 i32 i32 i32)"
                  + " (result i32)))",
              ("(func (export \"%s\") %s %s"
                      + "(drop (call $log (i32.const 2) (i32.const -16) (i32.const 2147483647)))"
                      + "(drop (call $get (i32.const -1) (i32.const -1) (i32.const -4) (i32.const"
                      + " 131071)))"
                      + "(i32.store (i32.const -8) (i32.const 1)) %s)")
                  .formatted(callback, params, result, value));
      default ->
          guest(
              "",
              "(func (export \"%s\") %s %s %s %s)"
                  .formatted(callback, params, result, body(deed), value));
    };
  }

  private static String body(String deed) {
    return switch (deed) {
      case "loop" -> LOOP;
      case "grow" -> GROW;
      case "trap" -> "(unreachable)";
      default -> throw new IllegalArgumentException(deed);
    };
  }

  private String config(int upstream, String strategy, String bad) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 2
    upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes:
      - {name: plain, match: {path: {exact: /plain}}, upstream: u}
      - {name: good, match: {path: {exact: /good}}, upstream: u, plugins: [hello]}
      - {name: bad, match: {path: {exact: /bad}}, upstream: u, plugins: [hello, bad]}
    plugins:
      - {name: hello, url: "%s", pluginConfig: {header: x-hello, value: world}}
      - {name: bad, url: "%s", failStrategy: %s, limits: {callTime: 20ms, startTime: 500ms, memory: 4MiB}}
    """
        .formatted(upstream, moduleOf("hello.wasm", SwapGateway.headerGuest()), bad, strategy);
  }

  private String moduleOf(String name, byte[] content) {
    try {
      return "file:" + java.nio.file.Files.write(folder.resolve(name), content);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "proxy_on_request_headers, loop, FAIL_CLOSE, 503",
    "proxy_on_request_headers, loop, FAIL_OPEN, 200",
    "proxy_on_request_headers, loop, FAIL_RELOAD, 503",
    "proxy_on_request_headers, grow, FAIL_CLOSE, 503",
    "proxy_on_request_headers, grow, FAIL_OPEN, 200",
    "proxy_on_request_headers, trap, FAIL_CLOSE, 503",
    "proxy_on_request_headers, trap, FAIL_OPEN, 200",
    "proxy_on_request_headers, trap, FAIL_RELOAD, 503",
    "proxy_on_request_headers, pointers, FAIL_CLOSE, 503",
    "proxy_on_request_headers, pointers, FAIL_OPEN, 200",
    "proxy_on_request_headers, recursion, FAIL_CLOSE, 503",
    "proxy_on_request_headers, recursion, FAIL_OPEN, 200",
    "proxy_on_request_body, loop, FAIL_CLOSE, 503",
    "proxy_on_request_body, trap, FAIL_OPEN, 200",
    "proxy_on_response_headers, loop, FAIL_CLOSE, 503",
    "proxy_on_response_headers, trap, FAIL_CLOSE, 503",
    "proxy_on_response_headers, trap, FAIL_OPEN, 200",
  })
  void failsItsOwnCallsOnly(String callback, String deed, String strategy, int status) {
    var bad = moduleOf("bad.wasm", misbehaving(callback, deed));
    try (var upstream = TestUpstream.start(transport, HostileGuestsTest::answer);
        var gateway = SwapGateway.start(folder, config(upstream.port(), strategy, bad));
        var neighbours = new Neighbours(gateway)) {
      for (int i = 0; i < 3; i++) {
        var answer = gateway.post("/bad", "a body");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        if (status == 503) {
          assertThat(answer.body()).contains("plugin_failed").doesNotContain("wasm", "Exception");
        }
      }
      assertThat(gateway.metric("sluice_plugin_calls_total", "bad")).isGreaterThan(0);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "loop, '(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (loop $again (br"
        + " $again)) (i32.const 1))'",
    "trap, '(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (unreachable))'",
    "no, '(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (i32.const 0))'",
    "start, '(func (export \"proxy_on_vm_start\") (param i32 i32) (result i32) (loop $again (br"
        + " $again)) (i32.const 1))'",
    "initialize, '(func (export \"_initialize\") (loop $again (br $again)))'",
  })
  void aPluginThatDoesNotStartNeverReplacesTheOneThatServes(String name, String functions) {
    var good = moduleOf("first.wasm", SwapGateway.headerGuest());
    var bad = moduleOf(name + ".wasm", guest("", functions));
    try (var upstream = TestUpstream.start(transport, HostileGuestsTest::answer);
        var gateway = SwapGateway.start(folder, config(upstream.port(), "FAIL_CLOSE", good));
        var neighbours = new Neighbours(gateway)) {
      var entry = "{name: hello, url: \"%s\", limits: {startTime: 300ms}}".formatted(bad);
      var answer = gateway.admin("PUT", "/plugins/hello", entry);
      assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 499);
      assertThat(answer.body()).contains("hello");
      assertThat(gateway.get("/good").headers().firstValue("x-hello")).contains("world");
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  @Test
  void anEndThatLoopsHarmsNobodyElse() {
    var bad = moduleOf("bad.wasm", misbehaving("proxy_on_log", "loop"));
    try (var upstream = TestUpstream.start(transport, HostileGuestsTest::answer);
        var gateway = SwapGateway.start(folder, config(upstream.port(), "FAIL_CLOSE", bad));
        var neighbours = new Neighbours(gateway)) {
      assertThat(gateway.post("/bad", "a body").statusCode()).isEqualTo(200);
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_failures_total", "bad") > 0);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  @Test
  void aTickThatLoopsHarmsNobodyElse() {
    var bad =
        guest(
            "(import \"env\" \"proxy_set_tick_period_milliseconds\" (func $tick (param i32) (result"
                + " i32)))",
            "(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (drop (call $tick"
                + " (i32.const 10))) (i32.const 1))"
                + "(func (export \"proxy_on_tick\") (param i32) "
                + LOOP
                + ")");
    try (var upstream = TestUpstream.start(transport, HostileGuestsTest::answer);
        var gateway =
            SwapGateway.start(
                folder, config(upstream.port(), "FAIL_CLOSE", moduleOf("bad.wasm", bad)));
        var neighbours = new Neighbours(gateway)) {
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_failures_total", "bad") > 1);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  @Test
  void aFloodOfLogLinesIsCut() {
    var bad =
        guest(
            "(import \"env\" \"proxy_log\" (func $log (param i32 i32 i32) (result i32)))",
            "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) (local $n"
                + " i32) (loop $again (drop (call $log (i32.const 2) (i32.const 0) (i32.const 20)))"
                + " (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $again (i32.lt_u"
                + " (local.get $n) (i32.const 2000)))) (i32.const 0))");
    try (var upstream = TestUpstream.start(transport, HostileGuestsTest::answer);
        var gateway =
            SwapGateway.start(
                folder, config(upstream.port(), "FAIL_CLOSE", moduleOf("bad.wasm", bad)));
        var neighbours = new Neighbours(gateway)) {
      var lines = new ListAppender<ILoggingEvent>();
      lines.start();
      var log = (Logger) LoggerFactory.getLogger("sluice.plugin.bad");
      log.addAppender(lines);
      assertThat(gateway.get("/bad").statusCode()).isEqualTo(200);
      log.detachAppender(lines);
      // 100 of the 2,000 lines pass in a second, and one that says how many did not.
      assertThat(lines.list).hasSizeBetween(1, 400);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }
}
