package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.benchmarks.GuestBench.AskingForTime;
import dev.sluice.benchmarks.GuestBench.ReadingHeaders;
import dev.sluice.benchmarks.GuestBench.Started;
import dev.sluice.benchmarks.internal.Conversation;
import dev.sluice.plugin.FilterStatus;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows that the benches measure what they say: each does its work when called. */
final class BenchesTest {
  /** More than fit in the windows and tables of one connection without care. */
  private static final int EXCHANGES = 2000;

  @ParameterizedTest
  @CsvSource({"h1, none", "h1, header", "h2, none", "h2, header"})
  void takesExchangesThroughTheGateway(String protocol, String plugin) {
    var bench = new ExchangeBench();
    bench.protocol = protocol;
    bench.plugin = plugin;
    bench.start();
    try {
      for (int i = 0; i < EXCHANGES; i++) {
        assertThat(bench.exchange()).isGreaterThan(Conversation.BODY.length());
      }
    } finally {
      bench.stop();
    }
  }

  @ParameterizedTest
  @CsvSource({"credentials-js", "credentials-python", "credentials-assemblyscript"})
  void hasEachGuardReadTheChat(String plugin) {
    assertThat(ChatBench.chat().getBytes(StandardCharsets.UTF_8)).hasSizeBetween(4096, 4300);
    var bench = new ChatBench();
    bench.plugin = plugin;
    bench.start();
    try {
      var stream = bench.request();
      assertThat(stream.refusal()).isNull();
      assertThat(stream.requestHeaders().get("x-checked")).isEqualTo("17");
    } finally {
      bench.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1000})
  void findsARouteForEveryRequest(int routes) {
    var bench = new RouteTableBench();
    bench.routes = routes;
    bench.build();

    for (int i = 0; i < EXCHANGES; i++) {
      assertThat(bench.find()).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic"})
  void readsCallsAndStreamsOfEachFormat(String provider) {
    var bench = new AiBench();
    bench.provider = provider;
    bench.build();

    assertThat(bench.request().body().length).isGreaterThan(1_000);
    assertThat(bench.stream()).isGreaterThan(AiBench.EVENTS * 60);
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPENAI", "AZURE", "ANTHROPIC", "GEMINI", "BEDROCK"})
  void signsACallToEachKindOfProvider(String format) {
    var bench = new ProviderBench();
    bench.format = format;
    bench.build();

    for (int i = 0; i < EXCHANGES; i++) {
      assertThat(bench.chooseAndSign().toString()).containsAnyOf("sk-of-", "Signature=");
    }
  }

  @ParameterizedTest
  @CsvSource({"none, Anonymous", "bearer, Identified", "query, Identified"})
  void findsOutWhoCalls(String place, String outcome) {
    var bench = new IdentityBench();
    bench.place = place;
    bench.build();

    for (int i = 0; i < EXCHANGES; i++) {
      assertThat(bench.identify())
          .isNotNull()
          .satisfies(found -> assertThat(found.outcome().toString()).startsWith(outcome));
    }
    bench.close();
  }

  @Test
  void callsGuestsThatAnswer() {
    var bench = new GuestBench();
    var started = new Started();
    var asking = new AskingForTime();
    var reading = new ReadingHeaders();

    assertThat(bench.guestCall(started)).isEqualTo(FilterStatus.CONTINUE);
    assertThat(bench.hostCall(asking)).isEqualTo(FilterStatus.CONTINUE);
    assertThat(bench.hostCallForHeader(reading)).isEqualTo(FilterStatus.CONTINUE);
    List.of(started, asking, reading).forEach(Started::close);
  }

  @ParameterizedTest
  @CsvSource({"none, 0", "empty, 0", "header, 1", "body, 0"})
  void takesEachLifecycleFromTheStart(String plugin, int headers) {
    var bench = new LifecycleBench();
    bench.plugin = plugin;
    bench.start();
    try {
      bench.withBody();
      assertThat(bench.withBody().getAll("x-hello")).hasSize(headers);
      assertThat(bench.headers().getAll("x-hello")).hasSize(headers);
    } finally {
      bench.close();
    }
  }

  @Test
  void measuresTimeAllocationAndPercentiles(@TempDir Path cache) {
    var plan =
        new BenchPlan(
            List.of(),
            "",
            "GuestBench.hostCall$",
            true,
            false,
            cache,
            List.of(),
            ScriptMode.INTERPRETED);

    List<BenchResult> results = Benches.run(plan, new PrintStream(PrintStream.nullOutputStream()));

    assertThat(results)
        .singleElement()
        .satisfies(
            result -> {
              assertThat(result.bench()).isEqualTo("GuestBench.hostCall");
              assertThat(result.nanos()).isPositive();
              assertThat(result.cpu()).isPositive();
              assertThat(result.bytes()).isNotNegative();
              assertThat(result.p99()).isGreaterThanOrEqualTo(result.p50());
            });
  }

  @Test
  void measuresHowAPluginLoads(@TempDir Path cache) {
    var results =
        Loads.run(
            new BenchPlan(
                List.of(), "", "", true, false, cache, List.of(), ScriptMode.INTERPRETED));

    assertThat(results)
        .singleElement()
        .satisfies(
            result -> {
              assertThat(result.plugin()).isEqualTo("header");
              assertThat(result.size()).isPositive();
              assertThat(result.cold()).isGreaterThan(result.warm());
              assertThat(result.next()).isPositive();
              assertThat(result.bytes()).isGreaterThan(64 << 10);
            });
  }
}
