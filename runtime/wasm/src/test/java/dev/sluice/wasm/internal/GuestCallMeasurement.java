package dev.sluice.wasm.internal;

import com.sun.management.ThreadMXBean;
import dev.sluice.plugin.Headers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Measures what an exchange through a guest costs: nanoseconds and bytes of a whole lifecycle
 * (create, request headers, response headers, log, done, delete). Run by hand: {@code main FILE…},
 * or without arguments for a guest in WAT. The benches of {@code benchmarks/} are the ones to quote.
 */
final class GuestCallMeasurement {
  private static final int ROUND = 200_000;
  private static final int ROUNDS = 12;

  private GuestCallMeasurement() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      measure("empty WAT", TestPlugin.wat(callbacks("(i32.const 0)")));
      measure("header-adding WAT", TestPlugin.wat(ADD + callbacks(CALL)));
      measure("ten header adds WAT", TestPlugin.wat(ADD + callbacks(DROP.repeat(9) + CALL)));
    }
    for (String file : arguments) {
      measure(file, Files.readAllBytes(Path.of(file)));
    }
  }

  private static final String ADD =
      """
      (import "env" "proxy_add_header_map_value"
        (func $add (param i32 i32 i32 i32 i32) (result i32)))
      (data (i32.const 16) "x-wasm")
      (data (i32.const 32) "hello")
      """;

  private static final String CALL =
      "(call $add (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 32) (i32.const 5))";

  private static final String DROP = "(drop " + CALL + ")";

  private static String callbacks(String requestHeaders) {
    return "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) "
        + requestHeaders
        + ")"
        + """
        (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 0))
        (func (export "proxy_on_context_create") (param i32 i32))
        (func (export "proxy_on_log") (param i32))
        (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
        (func (export "proxy_on_delete") (param i32))
        """;
  }

  private static void measure(String name, byte[] wasm) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().threadId();
    try (var plugin = TestPlugin.ofBinary(wasm, "{}", dev.sluice.plugin.Limits.DEFAULT)) {
      var exchange = new FakeExchange();
      var original = exchange.request.copy();
      double best = Double.MAX_VALUE;
      long bytes = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long allocated = threads.getThreadAllocatedBytes(thread);
        long start = System.nanoTime();
        for (int i = 0; i < ROUND; i++) {
          lifecycle(plugin, exchange, original);
        }
        best = Math.min(best, (System.nanoTime() - start) / (double) ROUND);
        bytes = (threads.getThreadAllocatedBytes(thread) - allocated) / ROUND;
      }
      System.out.printf("%-40s %8.0f ns %6d bytes per exchange%n", name, best, bytes);
    }
  }

  private static void lifecycle(TestPlugin plugin, FakeExchange exchange, Headers original) {
    exchange.request.setAll(original);
    var filter = plugin.filter(exchange);
    filter.onRequestHeaders(exchange.request, true);
    filter.onResponseHeaders(exchange.response, false);
    filter.onLog();
    filter.onDestroy();
  }
}
