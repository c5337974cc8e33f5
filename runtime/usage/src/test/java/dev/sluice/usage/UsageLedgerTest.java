package dev.sluice.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.usage.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UsageLedgerTest {
  private final UsageLedger ledger = new UsageLedger(2, 1000, Records.DAY);

  private static UsageQuery by(Dimension... dimensions) {
    return new UsageQuery(List.of(dimensions), Map.of(), null, null, 100);
  }

  private static Usage usage(long input, long output) {
    return new Usage(input, 0, output, 0, false);
  }

  @Test
  void addsUpWhatLoopsSaw() {
    ledger.add(0, Records.record("a", "m", new Usage(10, 4, 5, 2, false, 1)));
    ledger.add(1, Records.record("a", "m", new Usage(20, 0, 7, 0, true)));
    ledger.add(1, Records.record("", "n", usage(1, 1)));

    var report = ledger.report(by(Dimension.CONSUMER, Dimension.MODEL));

    assertThat(report.rows())
        .extracting(
            row -> row.group().get(Dimension.CONSUMER), row -> row.group().get(Dimension.MODEL))
        .containsExactly(tuple("a", "m"), tuple("", "n"));
    var sum = report.rows().getFirst().sum();
    assertThat(sum)
        .extracting(
            UsageSum::requests,
            UsageSum::estimated,
            UsageSum::input,
            UsageSum::cachedInput,
            UsageSum::cacheWrites,
            UsageSum::output,
            UsageSum::reasoning)
        .containsExactly(2L, 1L, 30L, 4L, 1L, 12L, 2L);
    assertThat(report.total().requests()).isEqualTo(3);
    assertThat(report.left()).isZero();
  }

  @Test
  void namesThatCallersMakeUpAreKeptShort() {
    var name = "m".repeat(100_000) + "1";
    var record = Records.record("a", name, usage(1, 1));
    ledger.add(0, record);

    var model = ledger.report(by(Dimension.MODEL)).rows().getFirst().group().get(Dimension.MODEL);
    assertThat(model).hasSize(UsageRecord.LONGEST).startsWith("mmm");
    assertThat(List.of(record.model(), record.answeredModel()))
        .allMatch(word -> word.length() == UsageRecord.LONGEST);
  }

  @Test
  void costsOfLoopsAddUpExactly() throws InterruptedException {
    long seed = System.nanoTime();
    System.getLogger("test").log(System.Logger.Level.INFO, "seed {0}", seed);
    int each = 20_000;
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (int loop = 0; loop < 2; loop++) {
        int number = loop;
        threads.execute(
            () -> {
              var random = new Random(seed + number);
              for (int i = 0; i < each; i++) {
                var one = usage(random.nextInt(10_000), random.nextInt(1000));
                ledger.add(number, Records.record("c" + random.nextInt(5), "m", one));
              }
            });
      }
      threads.shutdown();
      assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }

    var expected = BigDecimal.ZERO;
    for (int loop = 0; loop < 2; loop++) {
      var random = new Random(seed + loop);
      for (int i = 0; i < each; i++) {
        long input = random.nextInt(10_000);
        long output = random.nextInt(1000);
        random.nextInt(5);
        expected =
            expected.add(
                new BigDecimal("0.0000025")
                    .multiply(BigDecimal.valueOf(input))
                    .add(new BigDecimal("0.00001").multiply(BigDecimal.valueOf(output))));
      }
    }
    var total = ledger.report(by(Dimension.CONSUMER)).total();
    assertThat(total.requests()).isEqualTo(2L * each);
    assertThat(total.cost().get("USD")).as("seed %s", seed).isEqualByComparingTo(expected);
  }

  @Test
  void answersByDayAndFilter() {
    var yesterday = Records.DAY.minus(Duration.ofDays(1));
    var end = AiEnd.Outcome.COMPLETE;
    ledger.add(0, Records.record("a", "m", "openai", yesterday, usage(1, 0), 200, end));
    ledger.add(0, Records.record("a", "m", "azure", Records.DAY, usage(2, 0), 200, end));
    ledger.add(
        0,
        Records.record("b", "m", "azure", Records.DAY, usage(4, 0), 200, AiEnd.Outcome.TRUNCATED));

    assertThat(ledger.report(by(Dimension.DAY)).rows())
        .extracting(row -> row.group().get(Dimension.DAY), row -> row.sum().input())
        .containsExactly(tuple("2026-11-29", 6L), tuple("2026-11-28", 1L));
    var filtered =
        ledger.report(
            new UsageQuery(
                List.of(),
                Map.of(Dimension.PROVIDER, "azure"),
                LocalDate.parse("2026-11-29"),
                null,
                1));
    assertThat(filtered.rows()).hasSize(1);
    assertThat(filtered.total().input()).isEqualTo(6);
    assertThat(filtered.total().failed()).isEqualTo(1);
    var limited =
        ledger.report(
            new UsageQuery(
                List.of(Dimension.CONSUMER), Map.of(), null, LocalDate.parse("2026-11-29"), 1));
    assertThat(limited.rows()).hasSize(1);
    assertThat(limited.left()).isEqualTo(1);
    assertThat(limited.total().input()).isEqualTo(7);
  }

  @Test
  void whatIsTooMuchIsAddedToOthersAndTheTotalStaysRight() {
    for (int i = 0; i < 2000; i++) {
      ledger.add(0, Records.record("consumer " + i, "m", usage(1, 1)));
    }

    var report = ledger.report(by(Dimension.CONSUMER));

    assertThat(report.total().requests()).isEqualTo(2000);
    assertThat(report.rows().getFirst().group()).containsValue(UsageLedger.OTHER);
    assertThat(report.rows().getFirst().sum().requests()).isEqualTo(1500);
    assertThat(ledger.folded()).isEqualTo(1500);
  }

  @Test
  void oldDaysGo() {
    var end = AiEnd.Outcome.COMPLETE;
    ledger.add(0, Records.record("a", "m", "openai", Records.DAY, usage(1, 0), 200, end));
    var later = Records.DAY.plus(Duration.ofDays(UsageLedger.DAYS));
    ledger.add(0, Records.record("a", "m", "openai", later, usage(1, 0), 200, end));

    assertThat(ledger.report(by(Dimension.DAY)).total().requests()).isEqualTo(1);
  }

  @Test
  void wordsOfCallersThatNoProviderWasAskedForAreNotKept() {
    for (int i = 0; i < 10; i++) {
      var refused =
          Records.record(
              "a", "made up " + i, "", Records.DAY, usage(0, 0), 404, AiEnd.Outcome.REFUSED);
      ledger.add(0, refused);
    }

    assertThat(ledger.report(by(Dimension.MODEL)).rows())
        .singleElement()
        .satisfies(row -> assertThat(row.group()).containsValue(""))
        .satisfies(row -> assertThat(row.sum().failed()).isEqualTo(10));
  }
}
