package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.wasm.WasmEngine;
import dev.sluice.wasm.testing.Wat;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that misbehave fail their own call, and nothing else. */
class HostileGuestTest {
  private static final String LOOP = "(loop $again (br $again)) (unreachable)";
  private final WasmEngine engine = new WasmEngine();
  private final FakeExchange exchange = new FakeExchange();

  @AfterEach
  void close() {
    engine.close();
    assertThat(Thread.interrupted()).as("a left-over interrupt").isFalse();
  }

  private static String onRequestHeaders(String body) {
    return "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) "
        + body
        + ")";
  }

  private PluginException failure(TestPlugin plugin) {
    var filter = plugin.filter(exchange);
    return catchThrowableOfType(
        PluginException.class, () -> filter.onRequestHeaders(exchange.request, true));
  }

  private static void expectDead(TestPlugin plugin) {
    assertThat(plugin.vm.isAlive()).isFalse();
    assertThatThrownBy(() -> plugin.filter(new FakeExchange()))
        .isInstanceOfSatisfying(
            PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEAD));
  }

  @Test
  void endsAnEndlessLoopByItsCpuTime() {
    try (var plugin = TestPlugin.of(engine, onRequestHeaders(LOOP))) {
      var filter = plugin.filter(exchange);
      var waiting = plugin.filter(new FakeExchange());

      assertThatThrownBy(() -> filter.onRequestHeaders(exchange.request, true))
          .isInstanceOfSatisfying(
              PluginException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.TIMEOUT);
                assertThat(e).hasMessageContaining("proxy_on_request_headers");
              });
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThatThrownBy(() -> waiting.onRequestHeaders(exchange.request, true))
          .isInstanceOfSatisfying(
              PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEAD));
      filter.onDestroy();
      waiting.onDestroy();
      expectDead(plugin);
    }
  }

  @Test
  void leavesANeighbourUnharmed() {
    try (var looping = TestPlugin.of(engine, onRequestHeaders(LOOP));
        var neighbour = TestPlugin.of(engine, onRequestHeaders("(i32.const 0)"))) {
      assertThat(failure(looping).kind()).isEqualTo(Kind.TIMEOUT);
      for (int i = 0; i < 1000; i++) {
        var filter = neighbour.filter(exchange);
        assertThat(filter.onRequestHeaders(exchange.request, true))
            .isEqualTo(FilterStatus.CONTINUE);
        filter.onDestroy();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy_on_context_create (param i32 i32)",
        "proxy_on_vm_start (param i32 i32) (result i32)",
        "proxy_on_configure (param i32 i32) (result i32)",
        "_initialize ",
        "_start ",
        "start "
      })
  void endsALoopWhileItStarts(String export) {
    int space = export.indexOf(' ');
    String loop =
        "(func (export \""
            + export.substring(0, space)
            + "\")"
            + export.substring(space)
            + LOOP
            + ")";
    if (export.equals("start ")) {
      loop = "(func $go " + LOOP + ") (start $go)";
    }
    String guest = loop;
    var limits =
        new Limits(
            4 << 20,
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            1 << 16,
            100,
            8,
            1,
            10,
            4096,
            4);

    assertThatThrownBy(() -> TestPlugin.of(guest, "", limits).close())
        .isInstanceOfSatisfying(
            PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"DOWN", "LOG", "GET"})
  void endsUnboundedRecursion(String where) {
    // Plain recursion, recursion that ends inside a host call, and in one that calls the guest
    // back.
    String host =
        switch (where) {
          case "LOG" -> "(drop (call $log (i32.const 2) (i32.const 16) (i32.const 4)))";
          case "GET" ->
              "(drop (call $get (i32.const 0) (i32.const 16) (i32.const 10) (i32.const 64)"
                  + " (i32.const 68)))";
          default -> "";
        };
    try (var plugin =
        TestPlugin.of(
            engine,
            """
            (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
            (import "env" "proxy_get_header_map_value"
              (func $get (param i32 i32 i32 i32 i32) (result i32)))
            (data (i32.const 16) "user-agent")
            (func $down (param $n i32) (result i32)
            """
                + host
                + "(i32.add (i32.const 1) (call $down (i32.add (local.get $n) (i32.const 1)))))"
                + onRequestHeaders("(call $down (i32.const 0))"))) {
      plugin.services.level = dev.sluice.plugin.host.PluginLog.Level.ERROR;
      var failure = failure(plugin);
      assertThat(failure.kind()).as(failure.toString()).isEqualTo(Kind.LIMIT);
      assertThat(failure.getMessage()).containsOnlyOnce("at down (function");
      expectDead(plugin);
    }
    try (var plugin = TestPlugin.of(engine, onRequestHeaders("(i32.const 0)"))) {
      assertThat(plugin.filter(exchange).onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.CONTINUE);
    }
  }

  @Test
  void namesTheFunctionsOfATrapInTheLog() {
    try (var plugin =
        TestPlugin.of(
            engine,
            "(func $inner (unreachable)) (func $outer (call $inner))"
                + onRequestHeaders("(call $outer) (i32.const 0)"))) {
      var failure = failure(plugin);

      assertThat(failure.kind()).isEqualTo(Kind.TRAP);
      assertThat(plugin.services.lines.getLast())
          .startsWith("CRITICAL proxy_on_request_headers failed")
          .containsSubsequence("at inner (function", "at outer (function");
    }
  }

  @Test
  void refusesMemoryBeyondTheLimit() {
    try (var plugin =
        TestPlugin.of(
            engine,
            onRequestHeaders(
                "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))"
                    + " (memory.size)"))) {
      // 4 MiB are 64 pages, more than any header status.
      assertThat(plugin.filter(exchange).onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      assertThat(plugin.vm.memoryBytes()).isEqualTo(4 << 20);
      assertThat(plugin.vm.isAlive()).isTrue();
    }
  }

  @Test
  void callsATrapAfterRefusedMemoryALimit() {
    try (var plugin =
        TestPlugin.of(
            engine, onRequestHeaders("(drop (memory.grow (i32.const 60000))) (unreachable)"))) {
      assertThat(failure(plugin).kind()).isEqualTo(Kind.LIMIT);
    }
  }

  @Test
  void refusesAModuleThatStartsWithTooMuchMemory() {
    var small =
        new Limits(65536, Duration.ofMillis(50), Duration.ofSeconds(1), 1, 1, 1, 1, 1, 1, 1);
    assertThatThrownBy(() -> TestPlugin.of("", "", small).close())
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("131072 bytes of memory");
  }

  @Test
  void survivesAnAllocatorThatReturnsNonsense() {
    for (String address : new String[] {"0", "-1", "131071", "0x7fffffff", "0x80000000"}) {
      byte[] wasm =
          Wat.assemble(
              """
              (module
                (import "env" "proxy_get_header_map_value"
                  (func $get (param i32 i32 i32 i32 i32) (result i32)))
                (func (export "proxy_abi_version_0_2_1"))
                (memory 2)
                (data (i32.const 16) "user-agent")
                (func (export "malloc") (param i32) (result i32) (i32.const ADDRESS))
                (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
                  (i32.sub
                    (call $get (i32.const 0) (i32.const 16) (i32.const 10) (i32.const 64)
                      (i32.const 68))
                    (i32.const 5))))
              """
                  .replace("ADDRESS", address));
      try (var plugin = TestPlugin.ofBinary(wasm, "", TestPlugin.LIMITS)) {
        // InvalidMemoryAccess (6) less 5.
        assertThat(plugin.filter(exchange).onRequestBody(new FakeBody("x"), true))
            .as(address)
            .isEqualTo(FilterStatus.STOP_ITERATION_AND_BUFFER);
      }
    }
  }

  @Test
  void endsAnAllocatorThatLoopsOrRecursesThroughTheHost() {
    String recursive =
        """
        (module
          (import "env" "proxy_get_header_map_value"
            (func $get (param i32 i32 i32 i32 i32) (result i32)))
          (func (export "proxy_abi_version_0_2_1"))
          (memory 2)
          (data (i32.const 16) "user-agent")
          (func $again (export "malloc") (param i32) (result i32)
            (call $get (i32.const 0) (i32.const 16) (i32.const 10) (i32.const 64) (i32.const 68)))
          (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (call $again (i32.const 1))))
        """;
    try (var plugin = TestPlugin.ofBinary(Wat.assemble(recursive), "", TestPlugin.LIMITS)) {
      assertThat(failure(plugin).kind()).isEqualTo(Kind.LIMIT);
      expectDead(plugin);
    }
  }

  @Test
  void endsAGuestThatExits() {
    try (var plugin =
        TestPlugin.of(
            engine,
            "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
                + onRequestHeaders("(call $exit (i32.const 3)) (i32.const 0)"))) {
      assertThat(failure(plugin))
          .hasMessageContaining("proc_exit(3)")
          .extracting(PluginException::kind)
          .isEqualTo(Kind.TRAP);
    }
  }

  @Test
  void doesNotLetHostCallsStretchTheTime() {
    try (var plugin =
        TestPlugin.of(
            engine,
            """
            (import "env" "proxy_http_call"
              (func $http (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            """
                + onRequestHeaders(
                    """
                    (loop $again
                      (drop (call $http (i32.const 16) (i32.const 7) (i32.const 0) (i32.const 0)
                        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 250)
                        (i32.const 128)))
                      (br $again)) (unreachable)
                    """))) {
      assertThat(failure(plugin).kind()).isEqualTo(Kind.TIMEOUT);
    }
  }

  @Test
  void refusesHeadersWithoutEnd() {
    try (var plugin =
        TestPlugin.of(
            engine,
            """
            (import "env" "proxy_add_header_map_value"
              (func $add (param i32 i32 i32 i32 i32) (result i32)))
            (data (i32.const 16) "x-bomb")
            (data (i32.const 32) "0123456789")
            """
                + onRequestHeaders(
                    """
                    (loop $more (br_if $more (i32.eqz
                      (call $add (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 32)
                        (i32.const 10)))))
                    (i32.const 0)
                    """))) {
      assertThat(plugin.filter(exchange).onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.CONTINUE);
      assertThat(exchange.request.size()).isEqualTo(HeaderCalls.MAX_FIELDS);
    }
  }

  @Test
  void refusesHeadersThatWouldSplitAMessage() {
    try (var plugin =
        TestPlugin.of(
            engine,
            """
            (import "env" "proxy_add_header_map_value"
              (func $add (param i32 i32 i32 i32 i32) (result i32)))
            (data (i32.const 16) "x-a\\0d\\0ay: b")
            (data (i32.const 32) "a\\0d\\0aevil: b")
            """
                + onRequestHeaders(
                    """
                    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 10) (i32.const 16)
                      (i32.const 3)))
                    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 32)
                      (i32.const 10)))
                    (i32.const 0)
                    """))) {
      int before = exchange.request.size();
      plugin.filter(exchange).onRequestHeaders(exchange.request, true);
      assertThat(exchange.request.size()).isEqualTo(before);
    }
  }

  @Test
  void losesOneVmAtTheMostToAnInterruptFromElsewhere() {
    String counting =
        onRequestHeaders(
            "(loop $again (local.set 1 (i32.add (local.get 1) (i32.const 1)))"
                + " (br_if $again (i32.lt_u (local.get 1) (i32.const 10)))) (i32.const 0)");
    try (var first = TestPlugin.of(engine, counting);
        var second = TestPlugin.of(engine, counting)) {
      Thread.currentThread().interrupt();
      assertThat(failure(first).kind()).isEqualTo(Kind.INTERNAL);
      assertThat(second.filter(exchange).onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.CONTINUE);
    }
  }

  @Test
  void ignoresCallbacksAfterDelete() {
    try (var plugin = TestPlugin.of(engine, onRequestHeaders("(i32.const 0)"))) {
      var filter = plugin.filter(exchange);
      filter.onRequestHeaders(exchange.request, true);
      filter.onDestroy();
      filter.onDestroy();
      assertThat(plugin.guest().contextCount()).isEqualTo(1);
    }
  }
}
