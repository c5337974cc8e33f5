package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.wasm.testing.Wat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What guests see and what becomes of what they return. */
class GuestCallbackTest {
  private static final String ADD =
      """
      (import "env" "proxy_add_header_map_value"
        (func $add (param i32 i32 i32 i32 i32) (result i32)))
      (data (i32.const 16) "X-Wasm")
      (data (i32.const 32) "yes")
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (call $add (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 32) (i32.const 3)))
      """;

  @Test
  void addsAHeader() {
    try (var plugin = TestPlugin.of(ADD)) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);

      assertThat(filter.onRequestHeaders(exchange.request, true)).isEqualTo(FilterStatus.CONTINUE);
      filter.onLog();
      filter.onDestroy();

      assertThat(exchange.request.get("x-wasm")).isEqualTo("yes");
      assertThat(plugin.guest().contextCount()).isEqualTo(1);
    }
  }

  @Test
  void givesTheSameStringForTheSameBytes() {
    try (var plugin = TestPlugin.of(ADD)) {
      var first = new FakeExchange();
      var second = new FakeExchange();

      plugin.filter(first).onRequestHeaders(first.request, true);
      plugin.filter(second).onRequestHeaders(second.request, true);

      assertThat(second.request.get("x-wasm")).isSameAs(first.request.get("x-wasm"));
      assertThat(second.request.name(5)).isSameAs("x-wasm");
    }
  }

  @Test
  void reportsOnlyTheCallbacksThatTheGuestHas() {
    try (var plugin = TestPlugin.of(ADD)) {
      assertThat(plugin.root.callbacks()).containsExactly(Callback.REQUEST_HEADERS);
    }
  }

  @Test
  void createsContextsInOrderAndDeletesThem() {
    try (var plugin =
        TestPlugin.of(
            logging(
                "proxy_on_context_create 2 0 c",
                "proxy_on_vm_start 2 1 v",
                "proxy_on_configure 2 1 f",
                "proxy_on_request_headers 3 1 q",
                "proxy_on_log 1 0 l",
                "proxy_on_done 1 1 d",
                "proxy_on_delete 1 0 x"))) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);
      filter.onLog();
      filter.onDestroy();
      filter.onDestroy();

      assertThat(plugin.services.lines)
          .containsExactly(
              "INFO c", "INFO v", "INFO f", "INFO c", "INFO q", "INFO l", "INFO d", "INFO x");
    }
  }

  /** Makes callbacks "name params result letter" that log their letter and return the result. */
  private static String logging(String... callbacks) {
    var text =
        new StringBuilder(
            "(import \"env\" \"proxy_log\" (func $log (param i32 i32 i32) (result i32)))");
    int at = 16;
    for (String callback : callbacks) {
      String[] part = callback.split(" ", -1);
      text.append("(data (i32.const " + at + ") \"" + part[3] + "\")");
      text.append(
          "(func (export \""
              + part[0]
              + "\") (param"
              + " i32".repeat(Integer.parseInt(part[1]))
              + ")");
      boolean returns = !part[0].matches("proxy_on_(context_create|log|delete|tick)");
      text.append(returns ? "(result i32)" : "");
      text.append("(drop (call $log (i32.const 2) (i32.const " + at + ") (i32.const 1)))");
      text.append(returns ? "(i32.const " + part[2] + "))" : ")");
      at++;
    }
    return text.toString();
  }

  @Test
  void readsAHeaderIntoGuestMemory() {
    try (var plugin =
        TestPlugin.of(
            """
            (import "env" "proxy_get_header_map_value"
              (func $get (param i32 i32 i32 i32 i32) (result i32)))
            (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
            (data (i32.const 16) "user-agent")
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
              (drop (call $get (i32.const 0) (i32.const 16) (i32.const 10)
                (i32.const 64) (i32.const 68)))
              (call $log (i32.const 2) (i32.load (i32.const 64)) (i32.load (i32.const 68))))
            """)) {
      var exchange = new FakeExchange();
      plugin.filter(exchange).onRequestHeaders(exchange.request, true);

      assertThat(plugin.services.lines).containsExactly("INFO test");
    }
  }

  @Test
  void turnsStopIterationOfHeadersIntoStopAllUnlessHigress() {
    String stop =
        "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) (i32.const"
            + " 1))";
    var exchange = new FakeExchange();
    try (var plugin = TestPlugin.of(stop)) {
      assertThat(plugin.filter(exchange).onRequestHeaders(exchange.request, false))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
    }
    byte[] higress =
        Wat.assemble("(module " + TestPlugin.PRELUDE.replace("_0_2_1", "_0_2_100") + stop + ")");
    try (var plugin = TestPlugin.ofBinary(higress, "", TestPlugin.LIMITS)) {
      assertThat(plugin.filter(exchange).onRequestHeaders(exchange.request, false))
          .isEqualTo(FilterStatus.STOP_ITERATION);
    }
  }

  @Test
  void passesEachBodyStatusOn() {
    try (var plugin =
        TestPlugin.of(
            """
            (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
              (local.get 1))
            """)) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);

      assertThat(filter.onRequestBody(new FakeBody(""), false)).isEqualTo(FilterStatus.CONTINUE);
      assertThat(filter.onRequestBody(new FakeBody("1"), false))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_BUFFER);
      assertThat(filter.onRequestBody(new FakeBody("12"), false))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      assertThat(filter.onRequestBody(new FakeBody("123"), false))
          .isEqualTo(FilterStatus.STOP_ITERATION_NO_BUFFER);
    }
  }

  @Test
  void replacesABody() {
    try (var plugin =
        TestPlugin.of(
            """
            (import "env" "proxy_set_buffer_bytes"
              (func $set (param i32 i32 i32 i32 i32) (result i32)))
            (data (i32.const 16) "new")
            (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
              (call $set (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 16) (i32.const 3)))
            """)) {
      var exchange = new FakeExchange();
      var body = new FakeBody("a old b");
      exchange.responseBody = body;

      plugin.filter(exchange).onResponseBody(body, true);

      assertThat(body.text()).isEqualTo("a new b");
    }
  }

  @Test
  void sendsALocalResponseAfterTheGuestHasReturned() {
    try (var plugin =
        TestPlugin.of(
            """
            (import "env" "proxy_send_local_response"
              (func $send (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
            (data (i32.const 16) "denied")
            (data (i32.const 32) "no way")
            (data (i32.const 48) "\\01\\00\\00\\00\\03\\00\\00\\00\\01\\00\\00\\00x-a\\00b\\00")
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
              (drop (call $send (i32.const 403) (i32.const 16) (i32.const 6) (i32.const 32)
                (i32.const 6) (i32.const 48) (i32.const 18) (i32.const -1)))
              (call $log (i32.const 2) (i32.const 16) (i32.const 1)))
            (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
              (drop (call $log (i32.const 2) (i32.const 32) (i32.const 2)))
              (i32.const 0))
            """)) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);
      // A proxy may run the response callbacks at once.
      exchange.onLocalResponse = () -> filter.onResponseHeaders(exchange.response, false);

      var status = filter.onRequestHeaders(exchange.request, true);

      assertThat(status).isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      assertThat(plugin.services.lines).containsExactly("INFO d", "INFO no");
      assertThat(exchange.answer().status()).isEqualTo(403);
      assertThat(exchange.answer().code()).isEqualTo("denied");
      assertThat(exchange.answer().headers().get("x-a")).isEqualTo("b");
      assertThat(new String(exchange.answer().body(), StandardCharsets.UTF_8)).isEqualTo("no way");
    }
  }

  @Test
  void refusesToChangeHeadersThatWerePassedOn() {
    try (var plugin =
        TestPlugin.of(
            ADD
                + """
                (import "env" "proxy_replace_header_map_value"
                  (func $set (param i32 i32 i32 i32 i32) (result i32)))
                (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
                  (call $set (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 32)
                    (i32.const 1)))
                """)) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);

      // The status of the call, BadArgument, is what the callback returns.
      assertThat(filter.onRequestBody(new FakeBody("x"), true))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      assertThat(exchange.request.get("x-wasm")).isEqualTo("yes");
    }
  }

  @Test
  void addsTrailersAtTheEndOfABody() {
    try (var plugin =
        TestPlugin.of(
            ADD.replace("proxy_on_request_headers", "proxy_on_response_body")
                .replace("$add (i32.const 0)", "$add (i32.const 3)"))) {
      var exchange = new FakeExchange();
      plugin.filter(exchange).onResponseBody(new FakeBody("x"), true);

      var trailers = exchange.responseTrailers;
      assertThat(trailers).isNotNull().extracting(Headers::size).isEqualTo(1);
    }
  }

  private static final String CALLOUT =
      """
      (import "env" "proxy_http_call"
        (func $http (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
      (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
      (import "env" "proxy_get_buffer_bytes"
        (func $body (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
      (global $stream (mut i32) (i32.const 0))
      (data (i32.const 16) "backend")
      (data (i32.const 48) "\\01\\00\\00\\00\\05\\00\\00\\00\\02\\00\\00\\00:path\\00/x\\00")
      (func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
        (global.set $stream (local.get $id))
        (drop (call $http (i32.const 16) (i32.const 7) (i32.const 48) (i32.const 21) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 250) (i32.const 128)))
        (i32.const 1))
      (func (export "proxy_on_http_call_response") (param i32 i32 $headers i32 $size i32 i32)
        TRAP
        (if (local.get 2) (then
          (drop (call $body (i32.const 4) (i32.const 0) (local.get 3)
            (i32.const 132) (i32.const 136)))
          (drop (call $log (i32.const 2) (i32.load (i32.const 132)) (i32.load (i32.const 136))))))
        (drop (call $effective (global.get $stream)))
        (drop (call $continue (i32.const 0))))
      """
          .replace("$headers ", "")
          .replace("$size ", "");

  @Test
  void pausesForACalloutAndResumesWithItsAnswer() {
    try (var plugin = TestPlugin.of(CALLOUT.replace("TRAP", ""))) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);

      assertThat(filter.onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      var call = plugin.services.calls.getFirst();
      assertThat(call.request().headers().path()).isEqualTo("/x");
      assertThat(call.request().timeout()).isEqualTo(Duration.ofMillis(250));
      call.completion()
          .succeeded(
              new HttpCallouts.Response(
                  Headers.of(":status", "200"),
                  "answer".getBytes(StandardCharsets.UTF_8),
                  new Headers()));

      assertThat(plugin.services.lines).containsExactly("INFO answer");
      assertThat(exchange.actions).containsExactly("resume " + Direction.REQUEST);
    }
  }

  @Test
  void reportsAFailedCalloutAsNoHeaders() {
    try (var plugin = TestPlugin.of(CALLOUT.replace("TRAP", ""))) {
      var exchange = new FakeExchange();
      plugin.filter(exchange).onRequestHeaders(exchange.request, true);
      plugin
          .services
          .calls
          .getFirst()
          .completion()
          .failed(
              new dev.sluice.plugin.host.ServiceException(
                  dev.sluice.plugin.host.ServiceException.Reason.TIMEOUT, "late"));

      assertThat(plugin.services.lines).isEmpty();
      assertThat(exchange.actions).containsExactly("resume " + Direction.REQUEST);
    }
  }

  @Test
  void failsTheExchangesThatWaitWhenTheVmDies() {
    try (var plugin = TestPlugin.of(CALLOUT.replace("TRAP", "(unreachable)"))) {
      var exchange = new FakeExchange();
      plugin.filter(exchange).onRequestHeaders(exchange.request, true);
      var answer =
          new HttpCallouts.Response(Headers.of(":status", "200"), new byte[0], new Headers());
      var completion = plugin.services.calls.getFirst().completion();
      assertThatThrownBy(() -> completion.succeeded(answer)).isInstanceOf(PluginException.class);

      assertThat(plugin.vm.isAlive()).isFalse();
      assertThat(exchange.actions).isEmpty();
      assertThat(exchange.tasks).hasSize(1);
      assertThatThrownBy(exchange.tasks.getFirst()::run)
          .isInstanceOf(PluginException.class)
          .hasMessageContaining("while the exchange waited");
    }
  }

  @Test
  void cancelsCalloutsWhenItCloses() {
    var plugin = TestPlugin.of(CALLOUT.replace("TRAP", ""));
    var exchange = new FakeExchange();
    plugin.filter(exchange).onRequestHeaders(exchange.request, true);
    plugin.close();

    assertThat(plugin.services.cancelled).hasSize(1);
    plugin
        .services
        .calls
        .getFirst()
        .completion()
        .succeeded(
            new HttpCallouts.Response(Headers.of(":status", "200"), new byte[0], new Headers()));
    assertThat(exchange.actions).isEmpty();
  }

  @Test
  void refusesAConfigurationThatTheGuestRefuses() {
    assertThatThrownBy(
            () ->
                TestPlugin.of(
                    "(func (export \"proxy_on_configure\") (param i32 i32) (result i32) (i32.const"
                        + " 0))"))
        .isInstanceOfSatisfying(
            PluginException.class,
            e -> assertThat(e.kind()).isEqualTo(PluginException.Kind.CONFIGURE));
  }
}
