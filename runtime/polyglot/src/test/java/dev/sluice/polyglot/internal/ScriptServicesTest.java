package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Vectors;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reaches every host service from each language: what arrives there, and what comes back. */
class ScriptServicesTest {
  private static final ScriptEngine JAVASCRIPT_ENGINE = new ScriptEngine(ScriptLanguage.JAVASCRIPT);
  private static final ScriptEngine PYTHON_ENGINE = new ScriptEngine(ScriptLanguage.PYTHON);

  private final List<String> calls = new ArrayList<>();
  private final HandServices services = new HandServices();

  @AfterAll
  static void closeEngines() {
    JAVASCRIPT_ENGINE.close();
    PYTHON_ENGINE.close();
  }

  private static ScriptEngine engine(boolean js) {
    return js ? JAVASCRIPT_ENGINE : PYTHON_ENGINE;
  }

  /** Notes calls of a service and answers them. */
  private <S> S noting(Class<S> type, Map<String, Object> answers) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (!(arguments[arguments.length - 1] instanceof Completion<?> completion)) {
            return method.invoke(this, arguments);
          }
          calls.add(
              method.getName()
                  + Arrays.deepToString(Arrays.copyOf(arguments, arguments.length - 1)));
          answer(completion, Objects.requireNonNull(answers.get(method.getName())));
          return null;
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @SuppressWarnings("unchecked")
  private static <T> void answer(Completion<T> completion, Object answer) {
    if (answer instanceof ServiceException refused) {
      completion.failed(refused);
    } else {
      completion.succeeded((T) answer);
    }
  }

  private void grantAll() {
    var limit = new Counters.Limit("k", new Counters.Window.Fixed("day", "UTC"), 10);
    var left = List.of(new Counters.Remaining(limit, -3, Instant.ofEpochMilli(1000)));
    services.counters =
        noting(
            Counters.class,
            Map.of(
                "add",
                left,
                "settle",
                left,
                "release",
                left,
                "peek",
                left,
                "reserve",
                new Counters.Decision(true, Long.MAX_VALUE, left)));
    services.store =
        noting(
            Store.class,
            Map.of(
                "get",
                Optional.of(new Store.Entry(new byte[] {(byte) 0xC3, (byte) 0xA9}, Long.MAX_VALUE)),
                "set",
                Long.MAX_VALUE,
                "compareAndSet",
                new ServiceException(Reason.CAS_MISMATCH, "other"),
                "delete",
                true,
                "lock",
                Optional.of(new Store.Lock("l", Long.MAX_VALUE)),
                "unlock",
                false));
    services.vectors =
        noting(
            Vectors.class,
            Map.of(
                "upsert",
                true,
                "search",
                List.of(new Vectors.Hit("k", 0.5, new byte[] {65}, Map.of("a", "b"))),
                "delete",
                false,
                "deleteWhere",
                4L));
    services.embed =
        new Embedder() {
          @Override
          public String model() {
            return "m";
          }

          @Override
          public int dimensions() {
            return 2;
          }

          @Override
          public void embed(List<String> texts, Completion<List<float[]>> completion) {
            calls.add("embed" + texts);
            completion.succeeded(texts.stream().map(text -> new float[] {0.5f, -1f}).toList());
          }
        };
    services.tokens =
        (model, text, completion) -> {
          calls.add("count[" + model + ", " + text + "]");
          completion.succeeded(42L);
        };
  }

  private static final String JAVASCRIPT =
      """
      const day = [{ key: "k", amount: 10, window: { fixed: "day", zone: "Europe/Berlin" } },
        { key: "s", amount: 1, window: { sliding: 60000 } }, { key: "t", amount: 2, window: { tokenBucket: 0.5 } },
        { key: "c", amount: 3, window: { concurrency: 5000 } }];
      export default definePlugin({
        async onRequestHeaders(ctx) {
          const out = [];
          const say = (...values) => out.push(...values.map((v) => JSON.stringify(v)));
          const left = (list) => list.map((r) => `${r.key}:${r.remaining}@${r.resetsAt.getTime()}`);
          say(left(await sluice.counters.add(day, 3)));
          const { granted, reservation, remaining } = await sluice.counters.reserve(day, 5, 1500);
          say(granted, reservation, left(remaining));
          say(left(await sluice.counters.settle(reservation, 4)), left(await sluice.counters.release(reservation)));
          say(left(await sluice.counters.peek([day[0]])));
          const entry = await sluice.store.get("é");
          say(entry.text(), entry.version, await sluice.store.set("k", { a: 1 }, { ttl: 2500 }));
          try { await sluice.store.compareAndSet("k", new Uint8Array([1, 2]), entry.version); }
          catch (e) { say(e.name, e.reason, e.message); }
          say(await sluice.store.delete("k"));
          const lock = await sluice.store.lock("l", 100);
          say(lock.fence, await lock.unlock());
          say(await sluice.vectors.upsert("n", { key: "k", vector: [1, 0.5], value: "v", attributes: { a: 1 } }, { ttl: 1000 }));
          const [hit] = await sluice.vectors.search("n", { vector: new Float32Array([1, 0.5]), k: 3, minScore: 0.25, filter: { a: "b" } });
          say(hit.key, hit.score, hit.text(), hit.attributes.a);
          say(await sluice.vectors.delete("n", "k"), await sluice.vectors.deleteWhere("n", { a: "b" }));
          say((await sluice.embed(["x", "y"])).map((v) => [...v]), await sluice.tokens.count("gpt", "text"));
          ctx.request.headers.set("x-out", out.join(" "));
        },
      });
      """;

  private static final String PYTHON =
      """
      import json
      import sluice

      day = [{"key": "k", "amount": 10, "window": {"fixed": "day", "zone": "Europe/Berlin"}},
             {"key": "s", "amount": 1, "window": {"sliding": 60}},
             {"key": "t", "amount": 2, "window": {"token_bucket": 0.5}},
             {"key": "c", "amount": 3, "window": {"concurrency": 5}}]


      class All(sluice.Plugin):
          async def on_request_headers(self, ctx):
              out = []
              say = lambda *values: out.extend(json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in values)
              left = lambda found: ["%s:%d@%d" % (r["key"], r["remaining"], r["resets_at"] * 1000) for r in found]
              say(left(await sluice.counters.add(day, 3)))
              decision = await sluice.counters.reserve(day, 5, 1.5)
              say(decision.granted, decision.reservation, left(decision.remaining))
              say(left(await sluice.counters.settle(decision.reservation, 4)))
              say(left(await sluice.counters.release(decision.reservation)), left(await sluice.counters.peek(day[:1])))
              entry = await sluice.store.get("é")
              say(entry.text(), entry.version, await sluice.store.set("k", {"a": 1}, ttl=2.5))
              try:
                  await sluice.store.compare_and_set("k", bytes([1, 2]), entry.version)
              except sluice.SluiceError as e:
                  say(type(e).__name__, e.reason, str(e))
              say(await sluice.store.delete("k"))
              lock = await sluice.store.lock("l", 0.1)
              say(lock.fence, await lock.unlock())
              say(await sluice.vectors.upsert("n", "k", [1, 0.5], "v", {"a": 1}, ttl=1))
              hit = (await sluice.vectors.search("n", [1, 0.5], k=3, min_score=0.25, filter={"a": "b"}))[0]
              say(hit.key, hit.score, hit.text(), hit.attributes["a"])
              say(await sluice.vectors.delete("n", "k"), await sluice.vectors.delete_where("n", {"a": "b"}))
              say([[1 * x for x in v] for v in await sluice.embed(["x", "y"])], await sluice.tokens.count("gpt", "text"))
              ctx.request.headers["x-out"] = " ".join(out)


      plugin = All()
      """;

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void everyServiceIsReachedAndAnswers(String language) {
    grantAll();
    boolean js = language.equals("js");
    try (var script = Script.start(engine(js), js ? JAVASCRIPT : PYTHON, services)) {
      var out = script.passed().request.get("x-out");
      var left = "[\"k:-3@1000\"] ";
      var most = "\"" + Long.MAX_VALUE + "\"";
      assertThat(out)
          .isEqualTo(
              left
                  + "true "
                  + most
                  + " "
                  + left
                  + left
                  + left
                  + left
                  + "\"é\" "
                  + most
                  + " "
                  + most
                  + " \"SluiceError\" \"CAS_MISMATCH\" \"other\" true "
                  + most
                  + " false true \"k\" 0.5 \"A\" \"b\" false 4 "
                  + (js ? "[[0.5,-1],[0.5,-1]] 42" : "[[0.5,-1.0],[0.5,-1.0]] 42"));
      var limits =
          "[Limit[key=k, window=Fixed[unit=day, zone=Europe/Berlin], amount=10],"
              + " Limit[key=s, window=Sliding[length=PT1M], amount=1],"
              + " Limit[key=t, window=TokenBucket[perSecond=0.5], amount=2],"
              + " Limit[key=c, window=Concurrency[expiry=PT5S], amount=3]]";
      assertThat(calls.subList(0, 8))
          .containsExactly(
              "add[" + limits + ", 3]",
              "reserve[" + limits + ", 5, PT1.5S]",
              "settle[" + Long.MAX_VALUE + ", 4]",
              "release[" + Long.MAX_VALUE + "]",
              "peek[" + limits.substring(0, limits.indexOf(", Limit[key=s")) + "]]",
              "get[é]",
              "set[k, [123, 34, 97, 34, 58, 49, 125], PT2.5S]",
              "compareAndSet[k, [1, 2], " + Long.MAX_VALUE + ", null]");
      assertThat(calls.subList(8, 11))
          .containsExactly(
              "delete[k]", "lock[l, PT0.1S]", "unlock[Lock[key=l, fence=" + Long.MAX_VALUE + "]]");
      assertThat(calls.get(11)).startsWith("upsert[n, Item[key=k").endsWith("PT1S]");
      assertThat(calls.get(12)).contains("k=3, minScore=0.25, filter={a=b}");
      assertThat(calls.subList(13, calls.size()))
          .containsExactly(
              "delete[n, k]", "deleteWhere[n, {a=b}]", "embed[x, y]", "count[gpt, text]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "store.get('k')|NOT_GRANTED",
        "counters.peek([])|NOT_GRANTED",
        "vectors.delete('n', 'k')|NOT_GRANTED",
        "embed(['x'])|NOT_GRANTED",
        "tokens.count('m', 't')|NOT_GRANTED",
        "http.fetch('other')|NOT_GRANTED",
        "http.fetch('a', { timeout: -1 })|BAD_ARGUMENT",
        "http.fetch('a', { headers: { 'a b': 'c' } })|TypeError",
      })
  void whatWasNotGrantedOrIsWrongThrows(String call, String reason) {
    var deed =
        "try { await sluice.%s; } catch (e) { ctx.request.headers.set('x-why', e.reason ?? e.name); }"
            .formatted(call);
    try (var script = Script.start(JAVASCRIPT_ENGINE, Script.doing(deed))) {
      assertThat(script.passed().request.get("x-why")).isEqualTo(reason);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void logMetricsClockPropertiesAndPatternsNeedNoGrant(String language) {
    boolean js = language.equals("js");
    var text =
        js
            ? """
            const words = sluice.patterns.compile(["ann", { literal: "bob" }]);
            const seen = sluice.metrics.counter("seen");
            const level = sluice.metrics.gauge("level");
            const size = sluice.metrics.histogram("size");
            export default definePlugin({
              async onRequestHeaders(ctx) {
                seen.add(); seen.add(2); level.set(7); level.add(-1); size.record(9);
                try { seen.add(-1); } catch (e) { sluice.log.error(e.reason); }
                const p = ctx.properties;
                await p.set("own.word", "é");
                const read = [await p.text("request.path"), await p.number("request.size"), await p.text("none"), await p.text("own.word")];
                sluice.log.info(sluice.clock.now(), sluice.clock.monotonic(), words.matches("x bob"), JSON.stringify(words.scan("bob ann")), ...read.map(String));
              },
            });
            """
            : """
            import json
            import sluice

            words = sluice.patterns.compile(["ann", {"literal": "bob"}])
            seen = sluice.metrics.counter("seen")
            level = sluice.metrics.gauge("level")
            size = sluice.metrics.histogram("size")


            class All(sluice.Plugin):
                async def on_request_headers(self, ctx):
                    seen.add()
                    seen.add(2)
                    level.set(7)
                    level.add(-1)
                    size.record(9)
                    try:
                        seen.add(-1)
                    except sluice.SluiceError as e:
                        sluice.log.error(e.reason)
                    p = ctx.properties
                    await p.set("own.word", "é")
                    read = [await p.text("request.path"), await p.number("request.size"), await p.text("none"),
                            await p.text("own.word")]
                    found = [{"pattern": m[0], "start": m[1], "end": m[2]} for m in words.scan("bob ann")]
                    sluice.log.info(int(sluice.clock.now() * 1000), int(sluice.clock.monotonic() * 1000),
                                    str(words.matches("x bob")).lower(), json.dumps(found, separators=(",", ":")),
                                    *[str(x) if x is not None else "undefined" for x in read])


            plugin = All()
            """;
    try (var script = Script.start(engine(js), text, services)) {
      script.passed();
      assertThat(services.values).isEqualTo(Map.of("seen", 3L, "level", 6L, "size", 9L));
      assertThat(services.lines)
          .containsExactly(
              "ERROR BAD_ARGUMENT",
              "INFO 1700000000123 123 true [{\"pattern\":0,\"start\":4,\"end\":7},"
                  + "{\"pattern\":1,\"start\":0,\"end\":3}] /v1 300 undefined é");
    }
  }

  @Test
  void theClockGoesOnWhileAScriptAwaits() {
    try (var script =
        Script.start(
            JAVASCRIPT_ENGINE,
            Script.doing(
                "const t = sluice.clock.now(); await sluice.http.fetch('a');"
                    + " ctx.request.headers.set('x-took', sluice.clock.now() - t);"),
            services)) {
      var exchange = script.request();
      var callout = script.callout(0);
      services.nanos.addAndGet(25_000_000);
      callout.answer(200, "");
      exchange.untilResumed(Direction.REQUEST);
      assertThat(exchange.request.get("x-took")).isEqualTo("25");
    }
  }
}
