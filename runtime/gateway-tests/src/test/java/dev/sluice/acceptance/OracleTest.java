package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.acceptance.OracleMessages.Seen;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the same guest through the same exchanges in Envoy and here, and compares what reaches the
 * upstream, what reaches the client, and what the guest saw (oracle.txt). Where the two are to
 * differ, a line of RATIONALE.md says why.
 */
@Tag("peers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OracleTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
  private static final String DIFFERENCES = "Where we differ from Envoy";

  /** What one exchange came to. */
  record Outcome(List<Seen> upstream, Seen client, List<String> log) {
    String text() {
      var text = new StringBuilder();
      upstream.forEach(request -> text.append("upstream  ").append(request).append('\n'));
      text.append("client    ").append(client).append('\n');
      log.forEach(line -> text.append("guest     ").append(line).append('\n'));
      return text.toString();
    }
  }

  @TempDir private static Path folder;
  private final Map<String, Outcome> envoy = new LinkedHashMap<>();
  private final Map<String, Outcome> sluice = new LinkedHashMap<>();

  static List<OracleScenario> scenarios() {
    try (InputStream in = OracleTest.class.getResourceAsStream("oracle.txt")) {
      return OracleScenario.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @BeforeAll
  void runAll() throws Exception {
    var guest = ROOT.resolve(".peers/wasm/oracle/plugin.wasm").toAbsolutePath().normalize();
    assertThat(guest).as("built by .ci/peers").isRegularFile();
    runIn(folder.resolve("first"), guest, scenarios());
    var unlike = scenarios().stream().filter(scenario -> !isAsExpected(scenario)).toList();
    if (!unlike.isEmpty()) { // a busy machine may have joined pieces that were sent apart
      runIn(folder.resolve("again"), guest, unlike);
    }
  }

  private boolean isAsExpected(OracleScenario scenario) {
    boolean same =
        outcome(sluice, scenario.name()).text().equals(outcome(envoy, scenario.name()).text());
    return same == scenario.difference().isEmpty();
  }

  private void runIn(Path directory, Path guest, List<OracleScenario> scenarios) throws Exception {
    var ours = Files.createDirectories(directory.resolve("sluice"));
    try (var upstream = new OracleUpstreams(scenarios);
        var host = OracleEnvoy.start(directory, guest, upstream.ports(), scenarios)) {
      run(host, upstream, scenarios, envoy);
    }
    try (var upstream = new OracleUpstreams(scenarios);
        var host = OracleHost.sluice(ours, guest, upstream.ports(), scenarios)) {
      run(host, upstream, scenarios, sluice);
    }
  }

  private static void run(
      OracleHost host,
      OracleUpstreams upstream,
      List<OracleScenario> scenarios,
      Map<String, Outcome> outcomes)
      throws Exception {
    var clients = new LinkedHashMap<String, Seen>();
    try (var pool = Executors.newFixedThreadPool(16)) {
      var running = new LinkedHashMap<String, Future<Seen>>();
      for (var scenario : scenarios) {
        running.put(
            scenario.name(),
            pool.submit(() -> OracleMessages.exchange(host.port(scenario), scenario)));
      }
      for (var one : running.entrySet()) {
        clients.put(one.getKey(), resultOf(one.getValue(), host));
      }
    }
    awaitEnd(host, scenarios);
    var log = host.log();
    for (var scenario : scenarios) {
      var lines = joined(OracleHost.lines(log, scenario));
      outcomes.put(
          scenario.name(),
          new Outcome(
              upstream.seen(scenario),
              Objects.requireNonNull(clients.get(scenario.name())),
              lines));
    }
  }

  private static Seen resultOf(Future<Seen> running, OracleHost host) throws InterruptedException {
    try {
      return running.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the host does not answer:\n" + host.log(), e);
    }
  }

  /** A guest that is never deleted shows in the comparison, so it is not waited for in vain. */
  private static void awaitEnd(OracleHost host, List<OracleScenario> scenarios) {
    try {
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> scenarios.stream().allMatch(scenario -> hasEnded(host, scenario)));
    } catch (ConditionTimeoutException e) {
      // Compared as it is.
    }
  }

  /** The guest of a scenario was deleted, or has trapped and logs no more. */
  private static boolean hasEnded(OracleHost host, OracleScenario scenario) {
    return OracleHost.lines(host.log(), scenario).contains("delete")
        || scenario.script().stream().anyMatch(line -> line.contains("trap"));
  }

  /**
   * Reads a body callback that is followed by one without further bytes as one: Envoy tells the end
   * of an HTTP/1 body apart from its last bytes.
   */
  private static List<String> joined(List<String> lines) {
    var joined = new ArrayList<String>();
    for (var line : lines) {
      if (!joined.isEmpty() && line.endsWith(" end")) {
        var words = List.of(line.split(" ", -1));
        var before = joined.getLast();
        boolean more =
            words.size() == 3
                && before.startsWith(words.getFirst() + " ")
                && (words.get(1).equals("0")
                    || before.equals(words.getFirst() + " " + words.get(1)));
        if (more) {
          joined.set(joined.size() - 1, before + " end");
          continue;
        }
      }
      joined.add(line);
    }
    return joined;
  }

  private static Outcome outcome(Map<String, Outcome> outcomes, String name) {
    return Objects.requireNonNull(outcomes.get(name));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  void doesAsEnvoyDoes(OracleScenario scenario) throws IOException {
    var here = outcome(sluice, scenario.name()).text();
    var there = outcome(envoy, scenario.name()).text();
    if (scenario.difference().isPresent()) {
      var rationale = Files.readString(ROOT.resolve("RATIONALE.md"));
      var section = rationale.substring(rationale.indexOf(DIFFERENCES));
      assertThat(section).contains("**" + scenario.difference().get() + "**");
      assertThat(here).as("no longer a difference").isNotEqualTo(there);
    } else {
      assertThat(here).isEqualTo(there);
    }
  }

  @AfterAll
  void keepWhatWasSeen() throws IOException {
    var text = new StringBuilder();
    envoy.forEach(
        (name, there) -> {
          text.append("# ").append(name).append("\n-- Envoy\n").append(there.text());
          text.append("-- Sluice\n").append(outcome(sluice, name).text()).append('\n');
        });
    var report = Path.of("target/oracle.txt");
    Files.createDirectories(report.getParent());
    Files.writeString(report, text);
  }
}
