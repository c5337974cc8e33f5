package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static dev.sluice.wasm.internal.DirectCalls.OUT_MORE;
import static dev.sluice.wasm.internal.DirectCalls.OUT_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.wasm.WasmEngine;
import org.junit.jupiter.api.Test;

/** What VMs of one {@code vmId} share, and root contexts of their own life. */
class SharedStateTest {
  @Test
  void sharesDataAmongVmsAndKeepsItOverASwap() {
    try (var engine = new WasmEngine()) {
      try (var first = TestPlugin.of(engine, "")) {
        call(first, "proxy_set_shared_data", "key", "value", 0);
        try (var second = TestPlugin.of(engine, "(global $other i32 (i32.const 1))")) {
          call(second, "proxy_set_shared_data", "other", "value", 0);
        }
      }
      try (var third = TestPlugin.of(engine, "")) {
        var calls = new DirectCalls(third);
        calls.in(third.root);
        assertThat(calls.call("proxy_get_shared_data", "key", OUT, OUT_SIZE, OUT_MORE)).isZero();
        assertThat(calls.outText()).isEqualTo("value");
      }
    }
  }

  private static void call(TestPlugin plugin, String function, Object... arguments) {
    var calls = new DirectCalls(plugin);
    calls.in(plugin.root);
    assertThat(calls.call(function, arguments)).isZero();
  }

  @Test
  void forgetsTheDataOfTheIdsThatWereLeftFirst() {
    var data = new SharedData();
    for (int i = 0; i <= SharedData.MAX_IDLE; i++) {
      data.retain("vm" + i);
      data.set("vm" + i, new Bytes(new byte[1]), new byte[1], 0, 1000);
    }
    for (int i = 0; i <= SharedData.MAX_IDLE; i++) {
      data.release("vm" + i);
    }
    assertThat(data.get("vm0", new Bytes(new byte[1]))).isNull();
    assertThat(data.get("vm1", new Bytes(new byte[1]))).isNotNull();
  }

  @Test
  void tellsTheListenerOfAQueueOnItsLoop() {
    String listening =
        """
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (data (i32.const 16) "ready")
        (func (export "proxy_on_queue_ready") (param i32 i32)
          (drop (call $log (i32.const 2) (i32.const 16) (i32.const 5))))
        """;
    try (var engine = new WasmEngine();
        var listener = TestPlugin.of(engine, listening);
        var producer = TestPlugin.of(engine, "")) {
      call(listener, "proxy_register_shared_queue", "jobs", OUT);
      int queue = listener.guest().memory().readInt(OUT);
      call(producer, "proxy_enqueue_shared_queue", queue, "job");

      assertThat(listener.services.lines).isEmpty();
      listener.runTasks();
      assertThat(listener.services.lines).containsExactly("INFO ready");
    }
  }

  @Test
  void waitsForARootContextThatIsNotDone() {
    try (var plugin =
        TestPlugin.of("(func (export \"proxy_on_done\") (param i32) (result i32) (i32.const 0))")) {
      assertThat(plugin.root.onDone()).isFalse();
      call(plugin, "proxy_done");
      assertThat(plugin.context.done).isTrue();
    }
  }

  @Test
  void runsNetworkFilters() {
    try (var plugin =
        TestPlugin.of(
            """
            (func (export "proxy_on_new_connection") (param i32) (result i32) (i32.const 0))
            (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
              (local.get 2))
            """)) {
      var filter = plugin.root.newNetworkFilter(new FakeConnection());

      assertThat(filter.onNewConnection()).isEqualTo(NetworkFilter.Status.CONTINUE);
      assertThat(filter.onDownstreamData(new FakeBody("x"), true))
          .isEqualTo(NetworkFilter.Status.STOP_ITERATION);
      filter.onDownstreamClose(true);
      filter.onDestroy();
      assertThat(plugin.guest().contextCount()).isEqualTo(1);
    }
  }

  private static final class FakeConnection implements dev.sluice.plugin.ConnectionContext {
    @Override
    public long id() {
      return 1;
    }

    @Override
    public dev.sluice.plugin.Body body(Direction direction) {
      return new FakeBody("x");
    }

    @Override
    public void resume(Direction direction) {}

    @Override
    public void close(Direction direction) {}

    @Override
    public dev.sluice.plugin.Properties properties() {
      return new FakeProperties();
    }

    @Override
    public void execute(Runnable task) {}
  }
}
