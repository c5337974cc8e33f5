package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class BenchCommandTest {
  @Test
  void refusesAPluginThatIsNotThere() {
    var err = new StringWriter();

    int status =
        new CommandLine(new BenchCommand())
            .setErr(new PrintWriter(err, true))
            .execute("--plugin", "file:no-such-plugin.wasm");

    assertThat(status).isEqualTo(1);
    assertThat(err.toString()).contains("no-such-plugin.wasm");
  }

  @Test
  void saysWhenNoBenchFits() {
    var err = new StringWriter();

    int status =
        new CommandLine(new BenchCommand())
            .setErr(new PrintWriter(err, true))
            .execute("--include", "NoSuchBench");

    assertThat(status).isEqualTo(1);
    assertThat(err.toString()).contains("include: \"NoSuchBench\" (expected: ");
  }

  @Test
  void printsARowForEachResult() {
    var out = new StringWriter();
    var result =
        new BenchResult(
            "ExchangeBench.exchange",
            Map.of("protocol", "h1"),
            2038.3,
            Double.NaN,
            2100.4,
            1448.2,
            1990,
            4100,
            9000.6);

    BenchCommand.table(List.of(result), new PrintWriter(out, true));

    assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "bench ns ± cpu ns p50 p99 p99.9 bytes",
            "Exchange.exchange h1 2038 2100 1990 4100 9001 1448");
  }
}
