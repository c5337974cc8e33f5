package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wasm.testing.Wat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What guests of Higress' ABI do by setting properties and headers. */
class HigressPropertiesTest {
  private static final String HOLDING =
      "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) (i32.const 1))";

  private final FakeExchange exchange = new FakeExchange();
  private final TestPlugin plugin =
      TestPlugin.ofBinary(
          Wat.assemble(
              "(module " + TestPlugin.PRELUDE.replace("_0_2_1", "_0_2_100") + HOLDING + ")"),
          "",
          TestPlugin.LIMITS);
  private final DirectCalls calls = new DirectCalls(plugin);

  @BeforeEach
  void begin() {
    var filter = plugin.filter(exchange);
    filter.onRequestHeaders(exchange.request, false);
    calls.in(filter);
  }

  @AfterEach
  void end() {
    plugin.close();
  }

  private int addHeader() {
    return calls.call("proxy_add_header_map_value", 0, "x-a", "b");
  }

  @Test
  void changedRequestHeadersMakeTheRouteAnewUnlessTurnedOff() {
    assertThat(addHeader()).isZero();
    assertThat(exchange.actions).containsExactly("clear route cache");

    calls.call("proxy_set_property", "clear_route_cache", "off");
    assertThat(addHeader()).isZero();
    assertThat(exchange.actions).hasSize(1);

    calls.call("proxy_set_property", "clear_route_cache", "on");
    assertThat(calls.call("proxy_remove_header_map_value", 0, "x-a")).isZero();
    assertThat(exchange.actions).hasSize(2);
  }

  @Test
  void theOtherAbisLeaveTheRoute() {
    try (var other = TestPlugin.of(HOLDING)) {
      var elsewhere = new FakeExchange();
      var filter = other.filter(elsewhere);
      filter.onRequestHeaders(elsewhere.request, false);
      var otherCalls = new DirectCalls(other);
      otherCalls.in(filter);
      assertThat(otherCalls.call("proxy_add_header_map_value", 0, "x-a", "b")).isZero();
      assertThat(elsewhere.actions).isEmpty();
    }
  }

  @Test
  void asksForANewVm() {
    calls.call("proxy_set_property", "wasm_need_rebuild", "false");
    assertThat(plugin.context.rebuilds).isZero();
    assertThat(calls.call("proxy_set_property", "wasm_need_rebuild", "true")).isZero();
    assertThat(plugin.context.rebuilds).isEqualTo(1);
  }
}
