package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Store;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ends exchanges while a script of theirs waits for what it took. */
class AbandonedCallsTest {
  private static final ScriptEngine JAVASCRIPT = new ScriptEngine(ScriptLanguage.JAVASCRIPT);
  private static final ScriptEngine PYTHON = new ScriptEngine(ScriptLanguage.PYTHON);

  private static final String RESERVES_IN_JAVASCRIPT =
      """
      const day = [{ key: "k", amount: 10, window: { fixed: "day", zone: "UTC" } }];
      export default definePlugin({
        async onRequestHeaders(ctx) {
          const { reservation } = await sluice.counters.reserve(day, 5, 60000);
          ctx.request.headers.set("x-out", reservation);
          const lock = await sluice.store.lock("l", 60000);
          ctx.request.headers.set("x-fence", lock.fence);
        },
        async onLog(ctx) {
          const { reservation } = await sluice.counters.reserve(day, 1, 60000);
          await sluice.counters.settle(reservation, 1);
        },
      });
      """;

  private static final String RESERVES_IN_PYTHON =
      """
      import sluice

      day = [{"key": "k", "amount": 10, "window": {"fixed": "day", "zone": "UTC"}}]


      class Reserves(sluice.Plugin):
          async def on_request_headers(self, ctx):
              decision = await sluice.counters.reserve(day, 5, 60)
              ctx.request.headers["x-out"] = decision.reservation
              lock = await sluice.store.lock("l", 60)
              ctx.request.headers["x-fence"] = lock.fence

          async def on_log(self, ctx):
              decision = await sluice.counters.reserve(day, 1, 60)
              await sluice.counters.settle(decision.reservation, 1)


      plugin = Reserves()
      """;

  private final List<String> calls = new ArrayList<>();
  private final List<Completion<?>> waiting = new ArrayList<>();
  private final HandServices services = new HandServices();

  AbandonedCallsTest() {
    services.counters = holding(Counters.class);
    services.store = holding(Store.class);
  }

  @AfterAll
  static void closeEngines() {
    JAVASCRIPT.close();
    PYTHON.close();
  }

  private static Script start(String language, HandServices services) {
    return language.equals("js")
        ? Script.start(JAVASCRIPT, RESERVES_IN_JAVASCRIPT, services)
        : Script.start(PYTHON, RESERVES_IN_PYTHON, services);
  }

  /** Notes calls, which the test answers. */
  private <S> S holding(Class<S> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              var first = method.getName().equals("reserve") ? arguments[1] : arguments[0];
              calls.add(method.getName() + " " + first);
              waiting.add((Completion<?>) arguments[arguments.length - 1]);
              return null;
            }));
  }

  @SuppressWarnings("unchecked")
  private <T> void answer(int call, T answer) {
    ((Completion<T>) waiting.get(call)).succeeded(answer);
  }

  private static Counters.Decision granted(long reservation) {
    return new Counters.Decision(true, reservation, List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void keepsWhatAnExchangeThatGoesOnHasTaken(String language) {
    try (var script = start(language, services)) {
      var exchange = script.request();
      script.loop.until(() -> calls.size() == 1);
      answer(0, granted(7));
      script.loop.until(() -> calls.size() == 2);
      answer(1, Optional.of(new Store.Lock("l", 3)));
      exchange.untilResumed(Direction.REQUEST);

      assertThat(exchange.request.get("x-out")).isEqualTo("7");
      assertThat(calls).containsExactly("reserve 5", "lock l");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void releasesAReservationWhoseExchangeEndedBeforeTheAnswer(String language) {
    try (var script = start(language, services)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, true);
      script.loop.until(() -> calls.size() == 1);
      filter.onDestroy();

      answer(0, granted(7));

      assertThat(calls).containsExactly("reserve 5", "release 7");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void givesALockBackWhoseExchangeEndedBeforeTheAnswer(String language) {
    try (var script = start(language, services)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, true);
      script.loop.until(() -> calls.size() == 1);
      answer(0, granted(7));
      script.loop.until(() -> calls.size() == 2);
      filter.onDestroy();

      answer(1, Optional.of(new Store.Lock("l", 3)));

      assertThat(calls).containsExactly("reserve 5", "lock l", "unlock Lock[key=l, fence=3]");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void leavesToACallbackThatComesAfterTheEndWhatItTakes(String language) {
    try (var script = start(language, services)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onLog();
      filter.onDestroy();
      script.loop.until(() -> calls.size() == 1);

      answer(0, granted(7));
      script.loop.until(() -> calls.size() == 2);

      assertThat(calls).containsExactly("reserve 1", "settle 7");
    }
  }
}
