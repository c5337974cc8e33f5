package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Swaps script plugins in turn, in a gateway of its own process, while requests run through all of
 * them, and holds the gateway to give back every context and the memory of it. With {@code
 * -Dsluice.full=true} there are 50 plugins, compiled, for ten minutes ({@code -Dsluice.minutes}
 * says otherwise), and it prints how long a swap takes: to the first request that the new version
 * serves, and to compiled speed. Else there are three, interpreted, for three rounds.
 */
@Tag("slow")
class ScriptSwapSoakTest {
  private static final boolean FULL = Boolean.getBoolean("sluice.full");
  private static final int PLUGINS = FULL ? 50 : 3;

  /** Each loop has a context of each plugin. */
  private static final int LOOPS = FULL ? 2 : 1;

  /** At least: the first is what the others are compared with. */
  private static final int ROUNDS = 3;

  private static final Duration LENGTH =
      Duration.ofMinutes(FULL ? Integer.getInteger("sluice.minutes", 10) : 0);
  private static final Duration REPORT = Duration.ofMinutes(1);
  private static final int WORKERS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CHAT =
      "{\"messages\": [%s]}"
          .formatted(
              String.join(
                  ",",
                  Collections.nCopies(
                      20, "{\"role\": \"user\", \"content\": \"" + "a word ".repeat(25) + "\"}")));

  private final Transport transport = Transport.create(1);
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int[] versions = new int[PLUGINS];
  @TempDir private Path folder;

  @AfterEach
  void close() {
    client.close();
    transport.close();
  }

  /** Writes the next version of a plugin and returns its entry. */
  private String entry(int plugin) {
    var example =
        Path.of(
            System.getProperty("sluice.root", "../.."), "plugin-sdk/examples/javascript/plugin.js");
    var version = plugin + "-" + versions[plugin];
    try {
      var text =
          Files.readString(example)
              .replace(
                  "definePlugin({",
                  "definePlugin({ onResponseHeaders(ctx) {"
                      + " ctx.response.headers.set('x-version', '"
                      + version
                      + "'); },");
      var file = Files.writeString(folder.resolve(version + ".js"), text);
      return "{name: p%d, url: \"file:%s\", limits: {callTime: 5s, startTime: 60s}}"
          .formatted(plugin, file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String config(int upstream) {
    var text = new StringBuilder();
    text.append(
        "listeners: [{name: web, address: \"127.0.0.1:0\"}]\naccessLog: {}\nthreads: "
            + LOOPS
            + "\n");
    text.append("upstreams: [{name: u, endpoints: [{address: \"127.0.0.1:%d\"}]}]\nroutes:\n");
    for (int i = 0; i < PLUGINS; i++) {
      text.append(
          "  - {name: r%d, match: {path: {exact: /p%d}}, upstream: u, plugins: [p%d]}%n"
              .formatted(i, i, i));
    }
    text.append("plugins:\n");
    for (int i = 0; i < PLUGINS; i++) {
      text.append("  - ").append(entry(i)).append('\n');
    }
    return text.toString().formatted(upstream);
  }

  private HttpResponse<String> ask(GatewayProcess gateway, int plugin) {
    var uri = URI.create("http://127.0.0.1:" + gateway.address("web").getPort() + "/p" + plugin);
    try {
      return client.send(
          HttpRequest.newBuilder(uri).timeout(PATIENCE).POST(BodyPublishers.ofString(CHAT)).build(),
          BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void load(GatewayProcess gateway, AtomicBoolean stop, int worker) {
    try {
      for (int i = worker; !stop.get(); i++) {
        var answer = ask(gateway, i % PLUGINS);
        var version = answer.headers().firstValue("x-version").orElse("none");
        if (answer.statusCode() != 200 || !version.startsWith(i % PLUGINS + "-")) {
          wrong.add(answer.statusCode() + " " + version + " " + answer.body());
        }
        answered.incrementAndGet();
      }
    } catch (RuntimeException e) {
      wrong.add(e.toString());
    }
  }

  /** Swaps a plugin and returns the nanoseconds until a request was served by the new version. */
  private long swap(GatewayProcess gateway, int plugin) {
    versions[plugin]++;
    var entry = entry(plugin);
    long start = System.nanoTime();
    var answer = gateway.put("/plugins/p" + plugin, entry);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    var served = ask(gateway, plugin);
    long nanos = System.nanoTime() - start;
    assertThat(served.headers().firstValue("x-version")).contains(plugin + "-" + versions[plugin]);
    return nanos;
  }

  private static String[] jvm() {
    return FULL
        ? new String[] {
          "-Xmx2g",
          "-XX:+UnlockExperimentalVMOptions",
          "-XX:+EnableJVMCI",
          "--upgrade-module-path=" + System.getProperty("sluice.dist") + "/compiler"
        }
        : new String[] {"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"};
  }

  /**
   * Is what the process holds after a collection.
   *
   * @param contexts GraalJS' own object that each of its contexts has one of
   * @param heap in MiB, as the others
   */
  private record Footprint(long contexts, double heap, double metaspace, double resident) {
    static Footprint of(GatewayProcess gateway) {
      gateway.collectGarbage(); // what finalizers and references let go goes with the second one
      return new Footprint(
          gateway.instances("com.oracle.truffle.js.runtime.JSRealm"),
          gateway.metric("jvm_memory_used_bytes", "area=\"heap\"") / 1048576,
          gateway.metric("jvm_memory_used_bytes", "id=\"Metaspace\"") / 1048576,
          gateway.resident() / 1048576.0);
    }

    void assertReached(Footprint before) {
      assertThat(contexts).isEqualTo((long) PLUGINS * LOOPS);
      assertThat(heap).isLessThan(before.heap * 1.15 + 8);
      assertThat(metaspace).isLessThan(before.metaspace * 1.15 + 8);
    }

    @Override
    public String toString() {
      return "%d contexts, heap %.0f MiB, metaspace %.0f MiB, resident %.0f MiB"
          .formatted(contexts, heap, metaspace, resident);
    }
  }

  @Test
  void swapsUnderTrafficFailNoRequestAndLeaveNothingBehind() throws Exception {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> exchange.complete().thenAccept(done -> exchange.respond(200, "ok")));
        var gateway = GatewayProcess.start(folder, config(upstream.port()), jvm())) {
      var stop = new AtomicBoolean();
      var workers = new ArrayList<Thread>();
      for (int i = 0; i < WORKERS; i++) {
        int worker = i * PLUGINS / WORKERS;
        workers.add(Thread.ofPlatform().start(() -> load(gateway, stop, worker)));
      }
      var swaps = new ArrayList<Long>();
      swapAll(gateway, upstream, swaps);
      var before = Footprint.of(gateway); // all that starts once has started
      System.out.println("after a round: " + before);
      long now = System.nanoTime();
      long end = now + LENGTH.toNanos();
      long report = now + REPORT.toNanos();
      for (int round = 1; round < ROUNDS || now < end; round++) {
        swapAll(gateway, upstream, swaps);
        now = System.nanoTime();
        if (now > report) {
          System.out.printf("after %d rounds: %s%n", round + 1, Footprint.of(gateway));
          report = now + REPORT.toNanos();
        }
      }
      stop.set(true);
      for (var worker : workers) {
        worker.join();
      }
      assertThat(wrong).isEmpty();
      await()
          .pollInterval(Duration.ofSeconds(1))
          .atMost(PATIENCE)
          .untilAsserted(() -> Footprint.of(gateway).assertReached(before));
      System.out.printf(
          "%d plugins, %d swaps, %d requests: PUT to first request p50 %.0f ms, p99 %.0f ms;"
              + " at the end: %s%n",
          PLUGINS,
          swaps.size(),
          answered.get(),
          percentile(swaps, 50),
          percentile(swaps, 99),
          Footprint.of(gateway));
      if (FULL) {
        System.out.println(warmUp(gateway));
      }
    }
  }

  private void swapAll(GatewayProcess gateway, TestUpstream upstream, List<Long> swaps) {
    for (int plugin = 0; plugin < PLUGINS; plugin++) {
      swaps.add(swap(gateway, plugin));
      upstream.exchanges().clear(); // it keeps what came
    }
  }

  /** Swaps one plugin and tells the median of each second until it no longer falls. */
  private String warmUp(GatewayProcess gateway) {
    swap(gateway, 0);
    var medians = new StringBuilder("ms per request after a swap, by 5 s: ");
    for (int slice = 0; slice < 12; slice++) {
      var times = new ArrayList<Long>();
      long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
      while (System.nanoTime() < end) {
        long start = System.nanoTime();
        ask(gateway, 0);
        times.add(System.nanoTime() - start);
      }
      medians.append("%.2f ".formatted(percentile(times, 50)));
    }
    return medians.toString();
  }

  private static double percentile(List<Long> nanos, int percent) {
    var sorted = nanos.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / 1e6;
  }
}
