package dev.sluice.state.internal.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisSettings;
import dev.sluice.state.testing.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Has two processes make 1,000 reservations of random size on one limit in one Redis, and kills one
 * of them in the middle.
 */
@Tag("peers")
class TwoProcessesTest {
  private static final long OTHER = 1L << 40;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final List<Worker> workers = new ArrayList<>();

  /** Is a process and what it has said. */
  private static final class Worker {
    private final Process process;
    private final List<String> said = new ArrayList<>();
    private final Thread reader;

    Worker(String url, long first, long seed, Duration expiry) {
      var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      var command =
          List.of(
              java,
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              CounterWorker.class.getName(),
              url,
              Long.toString(first),
              Long.toString(seed),
              "500",
              Long.toString(expiry.toMillis()));
      try {
        process =
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      reader = Thread.ofPlatform().daemon().start(this::read);
    }

    private void read() {
      try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
        lines.lines().forEach(this::add);
      } catch (IOException | UncheckedIOException e) {
        // Ended by force.
      }
    }

    private synchronized void add(String line) {
      said.add(line);
    }

    synchronized long count(String what) {
      return said.stream().filter(line -> line.startsWith(what + " ")).count();
    }

    /** Returns the numbers that were said about reservations. */
    synchronized Map<Long, Long> all(String what) {
      var all = new HashMap<Long, Long>();
      for (var line : said) {
        var words = line.split(" ", -1);
        if (words[0].equals(what)) {
          all.put(Long.parseLong(words[1]), Long.parseLong(words[2]));
        }
      }
      return all;
    }

    void begin() throws IOException {
      process.getOutputStream().write(1);
      process.getOutputStream().flush();
    }

    void kill() throws InterruptedException {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      reader.join();
    }

    void end() throws InterruptedException {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      reader.join();
      assertThat(count("done")).as("ended in order: %s", said).isEqualTo(1);
      assertThat(count("failed")).isZero();
    }
  }

  @AfterEach
  void stop() {
    workers.forEach(worker -> worker.process.destroyForcibly());
    workers.clear();
  }

  private Worker worker(RedisServer server, long first, long seed, Duration expiry) {
    var worker = new Worker(server.url(), first, seed, expiry);
    workers.add(worker);
    return worker;
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(strings = {"redis-server", "redis8-server"})
  void neitherExceedsTheLimitNorLosesAnything(String binary) throws Exception {
    var expiry = Duration.ofSeconds(4);
    while (!run(binary, expiry)) {
      // This machine was too slow for it, or let one process be done before the other began.
      expiry = expiry.multipliedBy(2);
      assertThat(expiry).isLessThan(Duration.ofMinutes(5));
      stop();
    }
  }

  /** Returns false when reservations had expired before they were looked at, or none was killed. */
  private boolean run(String binary, Duration expiry) throws Exception {
    long seed = new Random().nextLong(1_000_000);
    try (var server = RedisServer.start(binary);
        var link = new RedisLink("counters", settings(server))) {
      var counters = new RedisCounters(link, 0).open("two processes", Runnable::run);
      var watcher = new CounterCaller(counters);
      var living = worker(server, 0, seed, expiry);
      var killed = worker(server, OTHER, seed + 1, expiry);
      await().atMost(PATIENCE).until(() -> workers.stream().allMatch(w -> w.count("ready") == 1));
      long begun = System.currentTimeMillis();
      killed.begin();
      living.begin();
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> killed.count("granted") + killed.count("refused") > 60);
      killed.kill();
      living.end();
      var records = records(server);
      if (System.currentTimeMillis() > begun + expiry.toMillis()
          || killed.count("done") > 0
          || killed.count("granted") == 0) {
        return false;
      }
      for (var worker : workers) {
        assertThat(worker.all("left").values())
            .as("left after each grant, seed %d", seed)
            .allMatch(left -> left >= 0);
      }
      assertThat(sum(living.all("granted")) + sum(killed.all("granted")))
          .as("asked for more than there is, seed %d", seed)
          .isGreaterThan(CounterWorker.TOKENS.amount() / 4);
      long used = used(living, records) + used(killed, records) + sum(records);
      assertThat(watcher.peek(CounterWorker.TOKENS))
          .as("seed %d", seed)
          .containsExactly(CounterWorker.TOKENS.amount() - used);

      await().atMost(PATIENCE).until(() -> records(server).isEmpty());
      await()
          .atMost(PATIENCE)
          .until(() -> watcher.peek(CounterWorker.SLOTS).equals(List.of(1_000L)));
      assertThat(watcher.peek(CounterWorker.TOKENS))
          .as("what nobody settled stays charged in full, seed %d", seed)
          .containsExactly(CounterWorker.TOKENS.amount() - used);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(server.cli("DBSIZE")).as("one counter is left").isEqualTo("1"));
      return true;
    }
  }

  private static RedisSettings settings(RedisServer server) {
    return RedisSettings.of(Map.of("url", server.url(), "timeout", "20000"));
  }

  /** Sums what was settled; what the server had not heard of yet is open, and in the records. */
  private static long used(Worker worker, Map<Long, Long> records) {
    return worker.all("settling").entrySet().stream()
        .filter(settled -> !records.containsKey(settled.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static long sum(Map<Long, Long> records) {
    return records.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns what the server knows of open reservations: their amounts. */
  private static Map<Long, Long> records(RedisServer server) {
    var script =
        "local all = {} for _, key in ipairs(redis.call('KEYS', '*}:r:*')) do"
            + " all[#all + 1] = key .. ',' .. redis.call('GET', key) end return all";
    var records = new HashMap<Long, Long>();
    for (var line : server.cli("EVAL", script, "0").lines().filter(l -> !l.isBlank()).toList()) {
      var words = line.split(",", -1);
      records.put(
          Long.parseLong(words[0].substring(words[0].lastIndexOf('.') + 1), 36),
          Long.parseLong(words[2]));
    }
    return records;
  }
}
