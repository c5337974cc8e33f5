package dev.sluice.testkit;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.PluginMetric;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.testkit.internal.MemoryRedis;
import dev.sluice.testkit.internal.MemoryStream;
import dev.sluice.testkit.internal.MemoryTransport;
import dev.sluice.testkit.internal.TestLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a plugin of any engine as a gateway does, without a gateway: with its real engine, in the
 * real filter chain, under its limits. Client, upstreams and time are the test's: nothing is sent
 * over a network, and the clock stands still until {@link #advance}. So a test is as fast as the
 * plugin and comes out the same every time.
 *
 * <pre>{@code
 * try (var kit = PluginTestkit.of(Path.of(".")).configuration("{\"name\": \"World\"}").start()) {
 *   var exchange = kit.exchange().get("/").respond(200, "ok");
 *   assertThat(exchange.response().header("x-hello")).isEqualTo("World");
 * }
 * }</pre>
 *
 * <p>Used by one thread at a time. To be closed by whoever started it.
 */
public final class PluginTestkit implements AutoCloseable {
  private static final Duration REBUILD_DELAY = Duration.ofMillis(1);

  private final TestLoop loop;
  private final MemoryTransport transport;
  private final ProxyServer proxy;
  private final Queue<LogLine> log = new ConcurrentLinkedQueue<>();
  private final Queue<TestExchange> exchanges = new ConcurrentLinkedQueue<>();
  private final Queue<TestCallout> callouts = new ConcurrentLinkedQueue<>();
  private final Map<String, Consumer<TestCallout>> answers = new ConcurrentHashMap<>();
  private boolean answering;

  PluginTestkit(
      Instant now, List<PluginEngine> engines, @Nullable Path codeCache, SnapshotSpec snapshot) {
    loop = new TestLoop(now);
    transport = new MemoryTransport(loop, this::opened, this::commanded);
    var builder =
        ProxyServer.builder(transport)
            .clock(loop)
            .observer(this::ended)
            .pluginLines((plugin, level, message) -> log.add(new LogLine(level, message)))
            .rebuildDelay(REBUILD_DELAY);
    if (!engines.isEmpty()) {
      builder.engines(engines);
    }
    if (codeCache != null) {
      builder.codeCache(codeCache);
    }
    proxy = builder.start();
    loop.busyWhen(proxy::isBusy);
    try {
      proxy.swap(proxy.prepare(snapshot));
    } catch (SnapshotException e) {
      close();
      throw new TestkitException(e.getMessage() + written(), e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    loop.settle();
  }

  /** What a plugin says before it fails tells more than the failure. */
  private String written() {
    var text = new StringBuilder();
    log.forEach(line -> text.append("\n  log ").append(line));
    return text.toString();
  }

  /**
   * Begins the set-up of a test.
   *
   * @param plugin the folder of a plugin that was built, a module, script or jar
   */
  public static TestkitBuilder of(Path plugin) {
    return new TestkitBuilder(plugin);
  }

  /** Begins an exchange: its methods send the request. */
  public TestExchange exchange() {
    var exchange =
        loop.call(
            () -> {
              var client = transport.accept();
              var handler = proxy.begin(client);
              client.handler(handler);
              return new TestExchange(this, loop, client, handler);
            });
    exchanges.add(exchange);
    return exchange;
  }

  /**
   * Lets time pass: timers, ticks and timeouts that are due happen in their order. The wall clock
   * passes with it.
   */
  public void advance(Duration by) {
    loop.advance(by, this::answerCallouts);
  }

  /** Returns what time it is. */
  public Instant now() {
    long nanos = loop.wallNanos();
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }

  /** Returns the callouts that nobody has answered yet, in their order. */
  public List<TestCallout> callouts() {
    return callouts.stream().filter(callout -> !callout.isOver()).toList();
  }

  /**
   * Returns the one callout that nobody has answered yet.
   *
   * @throws IllegalStateException when there is none or more than one
   */
  public TestCallout callout() {
    var open = callouts();
    if (open.size() != 1) {
      throw new IllegalStateException("callouts: " + open + " (expected: one)");
    }
    return open.getFirst();
  }

  /** Has all callouts to an upstream answered from now on, as they come. */
  public void answer(String upstream, Consumer<TestCallout> how) {
    answers.put(upstream, how);
    answerCallouts();
  }

  /** Returns what the plugin logged so far, lines of all levels. */
  public List<LogLine> log() {
    return List.copyOf(log);
  }

  /** Returns the plugin's counters and gauges by name. */
  public Map<String, Long> metrics() {
    Map<String, Long> values = new TreeMap<>();
    for (var metric : proxy.pluginMetrics()) {
      values.put(metric.name(), metric.value());
    }
    return values;
  }

  /** Returns the plugin's metrics by name, histograms with their buckets. */
  public Map<String, PluginMetric> metricDetails() {
    Map<String, PluginMetric> values = new HashMap<>();
    proxy.pluginMetrics().forEach(metric -> values.put(metric.name(), metric));
    return values;
  }

  /** Returns the calls, failures and memory of the plugin, as the admin API tells them. */
  public dev.sluice.proxy.PluginStatus status() {
    return proxy.status().plugins().getFirst();
  }

  /** Returns when the plugin has come to rest and callouts that have answers are answered. */
  void settle() {
    loop.settle();
    answerCallouts();
  }

  private void answerCallouts() {
    if (answering) {
      return;
    }
    answering = true;
    try {
      boolean more = true;
      while (more) {
        more = false;
        for (var callout : callouts()) {
          var how = answers.get(callout.upstream());
          if (how != null) {
            how.accept(callout);
            more |= callout.isOver();
          }
        }
      }
    } finally {
      answering = false;
    }
  }

  // On the loop

  private void opened(String upstream, MemoryStream stream) {
    if (!upstream.equals(TestkitBuilder.UPSTREAM)) {
      callouts.add(new TestCallout(this, loop, upstream, stream, null));
      return;
    }
    loop.eventLoop().execute(() -> belongs(stream));
  }

  /** Finds the exchange of a request at the upstream: by its id, or else the first that waits. */
  private void belongs(MemoryStream stream) {
    var headers = stream.sent().headers();
    var id = headers == null ? "" : headers.get("x-request-id", "");
    exchanges.stream()
        .filter(TestExchange::awaitsUpstream)
        .filter(exchange -> id.isEmpty() || idOf(exchange).equals(id))
        .findFirst()
        .or(() -> exchanges.stream().filter(TestExchange::awaitsUpstream).findFirst())
        .ifPresent(exchange -> exchange.upstream(stream));
  }

  private static String idOf(TestExchange exchange) {
    return exchange.handler() instanceof ExchangeRecord record ? record.requestId() : "";
  }

  private void commanded(String upstream, MemoryRedis.Command command) {
    callouts.add(new TestCallout(this, loop, upstream, null, command));
  }

  private void ended(ExchangeRecord record) {
    var error = record.error();
    var plugin = record.plugin();
    var outcome =
        new Outcome(
            record.status(),
            record.code(),
            plugin == null ? "" : plugin,
            error == null ? "" : error.detail(),
            error != null);
    exchanges.stream()
        .filter(exchange -> exchange.handler() == record)
        .forEach(exchange -> exchange.outcome(outcome));
  }

  /** Returns headers of names and values in turn. */
  public static Headers headers(String... fields) {
    return Headers.of(fields);
  }

  /** Ends the plugin, whatever it does; blocks. Idempotent. */
  @Override
  public void close() {
    proxy.close();
    loop.close();
  }
}
