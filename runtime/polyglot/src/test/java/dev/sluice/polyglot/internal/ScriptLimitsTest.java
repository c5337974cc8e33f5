package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds scripts to their time, their memory and one thread. */
class ScriptLimitsTest {
  private static final ScriptEngine ENGINE = new ScriptEngine(ScriptLanguage.JAVASCRIPT);
  private static final boolean COMPILED = Boolean.getBoolean("sluice.scripts.compiled");

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  private static Script tight(String text) {
    return Script.start(ENGINE, text, Script.limits(Duration.ofMillis(20), 32L << 20));
  }

  @Test
  void theEngineCompilesWhereTheJvmCan() {
    try (var script = Script.start(ENGINE, "export default {}")) {
      assertThat(script.vm.isAlive()).isTrue();
      assertThat(ENGINE.contextHeap() != null).isEqualTo(COMPILED);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "for (;;) {}|TIMEOUT",
        "await null; for (;;) {}|TIMEOUT",
        "for (;;) await null|TIMEOUT",
        "const again = () => Promise.resolve().then(again); await again()|TIMEOUT",
        "(async () => { for (;;) await null; })(); await new Promise(() => {})|TIMEOUT",
        "for (;;) { try { for (;;) {} } catch {} finally { continue } }|TIMEOUT",
        "const all = []; for (;;) all.push(new Array(1000).fill(0))|LIMIT",
        "const all = []; for (;;) { all.push(new Uint8Array(1 << 20)); await null; }|LIMIT",
        "let s = 'x'; for (;;) { s += s; if (s.length > 1e6) s = s.slice(1).toUpperCase(); }|LIMIT",
      })
  void aRunawayIsStoppedAndItsContextEnds(String deed, Kind kind) {
    // Whichever bound it meets first on this machine: time where that is named, else memory.
    var limits =
        kind == Kind.TIMEOUT
            ? Script.limits(Duration.ofMillis(20), 8L << 30)
            : Script.limits(Duration.ofSeconds(20), 32L << 20);
    try (var script = Script.start(ENGINE, Script.doing(deed), limits)) {
      var failure = script.request().failure();
      assertThat(failure.kind()).isEqualTo(kind);
      assertThat(failure)
          .hasMessageContaining("guard")
          .hasMessageContaining(kind == Kind.TIMEOUT ? "limits.callTime" : "limits.memory");
      assertThat(script.vm.isAlive()).isFalse();
      assertThatThrownBy(script::request)
          .isInstanceOfSatisfying(
              PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEAD));
      assertThat(script.services.logged()).contains(String.valueOf(failure.getMessage()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "await sluice.http.fetch('a');"})
  void theTimeOfACallbackCountsOverAllItsTurns(String pause) {
    var deed =
        "for (;;) { const end = sluice.clock.now() + 1; for (let i = 0; i < 20000; i++);"
            + " await ctx.properties.text('request.path'); }";
    try (var script = tight(Script.doing(pause + deed))) {
      var exchange = script.request();
      if (!pause.isEmpty()) {
        script.callout(0).answer(200, "");
      }
      assertThat(exchange.failure().kind()).isIn(Kind.TIMEOUT, Kind.LIMIT);
      assertThat(script.vm.isAlive()).isFalse();
    }
  }

  @Test
  void timeThatIsSpentWaitingDoesNotCount() {
    try (var script =
        tight(Script.doing("await sluice.http.fetch('a'); for (let i = 0; i < 100; i++);"))) {
      var exchange = script.request();
      var callout = script.callout(0);
      long end = System.nanoTime() + Duration.ofMillis(400).toNanos();
      script.loop.until(() -> System.nanoTime() > end);
      callout.answer(200, "");
      exchange.untilResumed(Direction.REQUEST);
      assertThat(script.vm.isAlive()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "const down = () => 1 + down(); down()",
        "const deep = (n) => [deep(n + 1)]; deep(0)",
        "const o = {}; o.toString = () => `${o}`; `${o}`",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)",
        "JSON.parse('['.repeat(1e6))",
        "await (async function down() { await down(); })()",
      })
  void recursionWithoutEndFailsTheCallOnly(String deed) {
    try (var script = Script.start(ENGINE, Script.doing("if (!ctx.state.x) { " + deed + " }"))) {
      var failure = script.request().failure();
      assertThat(failure.kind()).isIn(Kind.TRAP, Kind.LIMIT);
      try (var neighbour = Script.start(ENGINE, Script.doing(""))) {
        neighbour.passed();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "new Uint8Array(2 ** 31)",
        "new Float64Array(2 ** 25)",
        "'x'.repeat(2 ** 30)",
        "new ArrayBuffer(2 ** 33)",
        "Math.max.apply(null, new Array(1e6))",
        "'x'.padEnd(2 ** 28)",
        "new Array(2 ** 32)",
        "[].concat(...new Array(200).fill(new Array(1e6).fill('x'))).join('yyyyyyyyyyyyyyyy')",
      })
  void oneStepCannotAskForMoreThanThereIs(String deed) {
    try (var script =
        tight(
            Script.doing(
                "try { "
                    + deed
                    + " } catch (e) { if (e instanceof RangeError) return; throw e; } throw"
                    + " 'done'"))) {
      var exchange = script.request();
      script.loop.until(() -> !exchange.actions.isEmpty() || !exchange.failures.isEmpty());
      assertThat(exchange.failures)
          .allSatisfy(failure -> assertThat(failure.kind()).isIn(Kind.LIMIT, Kind.TIMEOUT));
    }
  }

  @Test
  void aFloodOfHostCallsMeetsALimit() {
    var deed =
        """
        let refused = 0;
        for (let i = 0; i < 1100; i++) sluice.http.fetch("a").catch((e) => { if (e.reason === "LIMIT") refused++; });
        for (let i = 0; i < 20; i++) await null;
        sluice.log.info("refused", refused);
        """;
    try (var script = Script.start(ENGINE, Script.doing(deed))) {
      script.passed();
      assertThat(script.services.lines).containsExactly("INFO refused 76");
      script.callout(1023);
      script.services.callouts.forEach(callout -> callout.answer(200, ""));
    }
  }

  @Test
  void aPromiseThatNothingSettlesFailsItsCallbackAtOnce() {
    try (var script = Script.start(ENGINE, Script.doing("await new Promise(() => {})"))) {
      var failure = script.request().failure();
      assertThat(failure.kind()).isEqualTo(Kind.TRAP);
      assertThat(failure).hasMessageContaining("nothing will settle");
      assertThat(script.vm.isAlive()).isTrue();
    }
  }

  @Test
  void aRejectionThatNobodyHandlesIsLoggedWithItsPlace() {
    try (var script =
        Script.start(
            ENGINE, Script.doing("Promise.reject(new Error('lonely'));\nPromise.reject(7);"))) {
      script.passed();
      script.loop.until(() -> script.services.lines.size() > 1);
      assertThat(script.services.logged())
          .contains("a promise that nobody handles failed: Error: lonely")
          .contains("guard.js:2:")
          .contains("7");
      script.passed();
    }
  }

  @Test
  void aScriptThatKeepsItsThreadIsQuarantinedAndTheOthersGetANewOne() {
    // One step of arithmetic on huge numbers, which GraalVM does not interrupt.
    var bad =
        Script.load(
            ENGINE,
            Script.doing("let n = 3n ** 4000000n; for (let i = 0; i < 30; i++) n = n * n;"));
    var good = Script.load(ENGINE, Script.doing("sluice.log.info('well')"));
    var limits = Script.limits(Duration.ofMillis(20), 1L << 30);
    try (var neighbour = Script.start(good, Script.GENEROUS, "", 7);
        var script = Script.start(bad, limits, "", 7)) {
      neighbour.passed();
      var stuck = script.request();
      var waiting = neighbour.request();
      assertThat(stuck.failure().kind()).isEqualTo(Kind.TIMEOUT);
      waiting.untilResumed(Direction.REQUEST);
      assertThat(neighbour.services.threads.getFirst()).isEqualTo("sluice-js-7");
      assertThat(neighbour.services.threads.getLast()).isEqualTo("sluice-js-7-1");
      assertThat(script.services.logged()).contains("quarantined");
      assertThatThrownBy(() -> Script.start(bad, limits, "", 7))
          .isInstanceOfSatisfying(
              PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEAD))
          .hasMessageContaining("quarantined");
      // What loads another version is not held back.
      try (var next = Script.start(good, Script.GENEROUS, "", 7)) {
        next.passed();
      }
    }
  }

  @Test
  void theMemoryThatAScriptKeepsIsToldAndBoundedWhereItCanBeMeasured() {
    var text =
        """
        const kept = [new Uint8Array(4 << 20)];
        export default { onRequestHeaders() { kept.push(new Uint8Array(1 << 20)); } };
        """;
    try (var script =
        Script.start(ENGINE, text, Script.limits(Duration.ofSeconds(20), 16L << 20))) {
      assertThat(script.vm.memoryBytes()).isGreaterThan(4L << 20);
      if (!COMPILED) {
        return;
      }
      assertThat(script.vm.memoryBytes()).isLessThan(12L << 20);
      int requests = 0;
      while (script.vm.isAlive() && requests < 200) {
        var exchange = script.request();
        script.loop.until(() -> !exchange.actions.isEmpty() || !exchange.failures.isEmpty());
        requests += exchange.failures.isEmpty() ? 1 : 0;
      }
      assertThat(requests).isBetween(12, 199);
      assertThat(script.services.logged()).contains("keeps more than 16777216 bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (;;) {}",
        "export default definePlugin({ onConfigure() { for (;;) {} } });",
        "const all = []; for (;;) all.push(new Array(1000).fill(0));",
        "await new Promise(() => {}); export default {};",
        "const down = () => 1 + down(); down();",
        "export default { onConfigure() { return Promise.resolve(); } };",
        "export default 1",
      })
  void aScriptThatDoesNotStartIsRefused(String text) {
    var module = Script.load(ENGINE, text);
    var usual = Script.limits(Duration.ofMillis(50), 16L << 20);
    var limits =
        new dev.sluice.plugin.Limits(
            usual.memory(), usual.callTime(), Duration.ofMillis(700), 1 << 20, 1, 1, 1, 1, 1, 1);
    assertThatThrownBy(() -> Script.start(module, limits, "", 0))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("guard");
  }
}
