package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.FilterStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Passes wild addresses and sizes in every parameter of every host function. */
class WildPointerTest {
  private static final long[] WILD = {
    0, 1, 16, 65536, 131071, 131072, 0x7fffffffL, 0x80000000L, 0xfffffff0L, 0xffffffffL
  };

  static Stream<String> functions() {
    var names = new ArrayList<String>();
    HostFunctions.all()
        .forEach(
            (module, functions) ->
                functions.keySet().stream()
                    .filter(name -> !name.equals("proc_exit"))
                    .forEach(name -> names.add(module + " " + name)));
    return names.stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("functions")
  void neverEscapesFromAHostFunction(String function) {
    String module = function.substring(0, function.indexOf(' '));
    String name = function.substring(function.indexOf(' ') + 1);
    HostCall.Typed typed = typed(module, name);
    long seed = name.hashCode();
    var random = new Random(seed);
    var calls = new ArrayList<String>();
    for (int i = 0; i < typed.parameters().length(); i++) {
      for (long wild : WILD) {
        calls.add(call(typed.parameters(), i, wild, random));
      }
    }
    for (int i = 0; i < 100; i++) {
      calls.add(call(typed.parameters(), -1, 0, random));
    }
    String wat =
        "(import \""
            + module
            + "\" \""
            + name
            + "\" (func $f (param"
            + types(typed.parameters())
            + ") (result i32)))"
            + "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) "
            + String.join(" ", calls)
            + " (i32.const 0))";
    try (var plugin = TestPlugin.of(wat)) {
      var exchange = new FakeExchange();
      exchange.requestBody = new FakeBody("body");
      var status = plugin.filter(exchange).onRequestHeaders(exchange.request, true);

      assertThat(plugin.vm.isAlive()).as("seed %s, log %s", seed, plugin.services.lines).isTrue();
      if (!name.equals("proxy_send_local_response")) {
        assertThat(status).isEqualTo(FilterStatus.CONTINUE);
      }
    }
  }

  private static HostCall.Typed typed(String module, String name) {
    Map<String, HostCall.Typed> functions = HostFunctions.all().getOrDefault(module, Map.of());
    var found = functions.get(name);
    if (found == null) {
      throw new AssertionError(module + "." + name);
    }
    return found;
  }

  private static String types(String parameters) {
    var text = new StringBuilder();
    for (int i = 0; i < parameters.length(); i++) {
      text.append(parameters.charAt(i) == 'i' ? " i32" : " i64");
    }
    return text.toString();
  }

  private static String call(String parameters, int wildAt, long wild, Random random) {
    var text = new StringBuilder("(drop (call $f");
    for (int i = 0; i < parameters.length(); i++) {
      long value;
      if (i == wildAt) {
        value = wild;
      } else if (wildAt >= 0) {
        value = List.of(0L, 1L, 4L, 64L).get(random.nextInt(4));
      } else {
        value = WILD[random.nextInt(WILD.length)];
      }
      text.append(parameters.charAt(i) == 'i' ? " (i32.const " : " (i64.const ");
      text.append(value).append(')');
    }
    return text.append("))").toString();
  }
}
