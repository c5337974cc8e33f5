package dev.sluice.usage;

import static dev.sluice.usage.UsageQuery.Dimension.CONSUMER;
import static dev.sluice.usage.UsageQuery.Dimension.DAY;
import static dev.sluice.usage.UsageQuery.Dimension.MODEL;
import static dev.sluice.usage.UsageQuery.Dimension.PROVIDER;
import static dev.sluice.usage.UsageQuery.Dimension.ROUTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageJournalTest {
  private static final Usage USED = new Usage(10, 2, 5, 3, false, 1);
  private static final UsageQuery ALL =
      new UsageQuery(List.of(CONSUMER, MODEL, PROVIDER, ROUTE, DAY), Map.of(), null, null, 10_000);

  @TempDir private Path folder;
  private Path file;
  private UsageLedger ledger = new UsageLedger(2, 100, Records.DAY);
  private UsageJournal journal;

  @BeforeEach
  void start() {
    file = folder.resolve("deep/usage.journal");
    journal = new UsageJournal(ledger, file, false);
  }

  @AfterEach
  void stop() {
    journal.close();
  }

  /** Closes what runs and starts another. */
  private void startAgain(int loops) {
    journal.close();
    ledger = new UsageLedger(loops, 100, Records.DAY.plus(Duration.ofHours(1)));
    journal = new UsageJournal(ledger, file, false);
    journal.keep();
  }

  private void add(int loop, String consumer) {
    ledger.add(loop, Records.record(consumer, "gpt", USED));
  }

  @Test
  void bringsBackWhatWasCounted() {
    add(0, "team \"Zürich\"\n\t");
    add(1, "team \"Zürich\"\n\t");
    add(1, "b");
    journal.keep();
    add(0, "b");
    var before = ledger.report(ALL);

    startAgain(3);
    assertThat(ledger.report(ALL)).isEqualTo(before);
    assertThat(ledger.since()).isEqualTo(Records.DAY);
    assertThat(journal.problem()).isNull();

    add(2, "b");
    startAgain(1);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(5);
    assertThat(ledger.report(ALL).total().input()).isEqualTo(50);
    assertThat(ledger.report(ALL).total().cost()).containsOnlyKeys("USD");
  }

  @Test
  void makesNoFileBeforeThereIsASum() {
    journal.keep();
    journal.close();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void keepsFilesFromOthers() throws IOException {
    add(0, "a");
    journal.keep();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void staysSmall() throws IOException {
    for (int i = 0; i < 1050; i++) {
      add(i & 1, "a" + i % 3);
      journal.keep();
    }
    assertThat(Files.readAllLines(file)).hasSizeLessThan(100);
    startAgain(2);

    assertThat(ledger.report(ALL).total().requests()).isEqualTo(1050);
  }

  @Test
  void startsFromAFileThatEndsAnywhere() throws IOException {
    for (int i = 0; i < 10; i++) {
      add(0, "a" + i);
      journal.keep();
    }
    journal.close();
    var whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 23) {
      var begin = Arrays.copyOf(whole, length);
      long lines = new String(begin, StandardCharsets.UTF_8).chars().filter(c -> c == '\n').count();
      Files.write(file, begin);
      startAgain(1);
      assertThat(ledger.report(ALL).total().requests())
          .as("of %d bytes", length)
          .isEqualTo(Math.max(0, lines - 1));
      boolean complete = length == 0 || whole[length - 1] == '\n';
      assertThat(journal.problem() == null).as("of %d bytes", length).isEqualTo(complete);
      journal.close();
    }
  }

  @Test
  void leavesOutWhatIsDamagedAndKeepsACopy() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      add(0, "a" + i);
      journal.keep();
    }
    journal.close();
    var bytes = Files.readAllBytes(file);
    int at;
    do {
      at = random.nextInt(bytes.length);
    } while (bytes[at] == '\n');
    bytes[at] = (byte) (bytes[at] == 'x' ? 'y' : 'x');
    Files.write(file, bytes);

    startAgain(1);
    assertThat(ledger.report(ALL).total().requests()).as("seed %d", seed).isBetween(19L, 20L);
    assertThat(journal.problem())
        .isEqualTo("%s had 1 damaged lines, which do not count (a copy is %s.damaged)", file, file);
    assertThat(journal.failures()).isEqualTo(1);
    assertThat(folder.resolve("deep/usage.journal.damaged")).hasBinaryContent(bytes);

    startAgain(1);
    assertThat(journal.problem()).as("the file was written anew").isNull();
  }

  @Test
  void doesNotTakeWhatItDoesNotKnow() throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "a long line without end ".repeat(10_000), StandardCharsets.UTF_8);
    journal.keep();
    assertThat(journal.problem()).contains("1 damaged lines");

    add(0, "a");
    startAgain(1);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(1);
  }

  @Test
  void waitsForTheGatewayThatHasTheFile() {
    add(0, "a");
    journal.keep();
    var next = new UsageLedger(1, 100, Records.DAY);
    try (var waiting = new UsageJournal(next, file, false)) {
      next.add(0, Records.record("a", "gpt", USED));
      waiting.keep();
      assertThat(waiting.problem()).endsWith("belongs to another gateway that runs");
      add(1, "a");
      journal.close();
      waiting.keep();

      assertThat(waiting.problem()).isNull();
      assertThat(next.report(ALL).total().requests()).isEqualTo(3);
    }
    startAgain(1);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(3);
  }

  @Test
  void goesOnOnceTheDiskTakesItAgain() throws IOException {
    Files.writeString(folder.resolve("deep"), "a file where the folder should be");
    add(0, "a");
    journal.keep();
    assertThat(journal.problem()).contains("cannot be used");
    journal.keep();
    assertThat(journal.failures()).isEqualTo(2);

    Files.delete(folder.resolve("deep"));
    journal.keep();
    assertThat(journal.problem()).isNull();
    startAgain(1);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(1);
  }

  @Test
  void bringsBackNoMoreSumsThanItMayKeep() throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, new JournalLine.Head(Records.DAY).bytes());
    for (int i = 0; i < 150; i++) {
      var key = new UsageKey("c" + i, "gpt", "openai", "llm", 20_000);
      var sum = UsageSum.of(Records.record("c" + i, "gpt", USED));
      Files.write(file, new JournalLine.Entry(key, sum).bytes(), StandardOpenOption.APPEND);
    }
    startAgain(1);

    assertThat(ledger.report(ALL).rows()).hasSizeBetween(100, 101);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(150);
  }

  @Test
  void forgetsDaysThatAreTooOld() {
    add(0, "a");
    journal.keep();
    startAgain(1);
    Instant later = Records.DAY.plus(Duration.ofDays(UsageLedger.DAYS));
    ledger.add(0, Records.record("b", "gpt", "openai", later, USED, 200, AiEnd.Outcome.COMPLETE));
    startAgain(1);

    assertThat(ledger.report(ALL).rows()).hasSize(1);
    assertThat(ledger.report(ALL).total().requests()).isEqualTo(1);
  }
}
