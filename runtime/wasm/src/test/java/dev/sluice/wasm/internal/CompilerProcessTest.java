package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.PluginException;
import dev.sluice.wasm.WasmEngine;
import dev.sluice.wasm.testing.Wat;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import run.endive.wasm.Parser;

/** Has modules compiled by a JVM of its own. */
class CompilerProcessTest {
  private static final String SMALL =
      "(func (export \"proxy_on_request_body\") (param i32 i32 i32) (result i32) (i32.const 1))";

  /** Returns a module that a gateway that serves has compiled elsewhere, for its size. */
  private static byte[] large() {
    var data = "(data (i32.const 65536) \"" + "0123456789abcdef".repeat(70_000) + "\")";
    return Wat.assemble(
        "(module "
            + TestPlugin.PRELUDE.replace("\"memory\") 2)", "\"memory\") 40)")
            + SMALL
            + data
            + ")");
  }

  @Test
  void makesTheSameCodeAsHere() {
    var huge = "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(20_000);
    byte[] wasm =
        Wat.assemble(
            "(module (import \"env\" \"proxy_done\" (func $done (result i32)))"
                + TestPlugin.PRELUDE
                + SMALL
                + "(func (param i32) "
                + huge
                + "))");
    var here = CompiledCode.compile(Parser.parse(wasm));
    var there = CompilerProcess.compile("test", wasm).orElseThrow();

    assertThat(there.mainClass()).isEqualTo(here.mainClass());
    assertThat(there.interpreted()).as("the last of four functions").containsExactly(3);
    assertThat(here.interpreted()).isEqualTo(there.interpreted());
    assertThat(there.classes()).containsOnlyKeys(here.classes().keySet());
    here.classes().forEach((name, code) -> assertThat(there.classes().get(name)).isEqualTo(code));
  }

  @Test
  void comesToNothingForWhatIsNoModule() {
    assertThat(CompilerProcess.compile("test", "nonsense".getBytes(StandardCharsets.UTF_8)))
        .isEmpty();
  }

  @Test
  void runsALargeModuleThatWasCompiledElsewhere() {
    byte[] wasm = large();
    assertThat(wasm.length).isGreaterThan(1 << 20);
    try (var engine = new WasmEngine()) {
      engine.serving();
      try (var plugin = TestPlugin.of(engine, wasm)) {
        assertThat(plugin.filter(new FakeExchange()).onRequestBody(new FakeBody("x"), false))
            .isEqualTo(FilterStatus.STOP_ITERATION_AND_BUFFER);
      }
    }
  }

  @Test
  void saysWhatIsWrongWithALargeModule() {
    byte[] cut = Arrays.copyOf(large(), 1 << 20);

    assertThatThrownBy(() -> GuestModule.load("test", "digest", cut, Optional.empty(), true))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("test: ");
  }
}
