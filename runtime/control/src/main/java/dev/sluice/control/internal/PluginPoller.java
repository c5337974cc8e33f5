package dev.sluice.control.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks again for plugins that have a {@code pollInterval}. Each waits up to a tenth more or less
 * than that, so that the gateways of a fleet do not ask at the same moment.
 */
final class PluginPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginPoller.class);
  private static final long LOOK_MILLIS = 200;

  private final Controller controller;
  private final Map<String, Next> due = new HashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sluice-plugin-poll").factory());

  /** Is when a plugin is asked for again, and the interval that this follows from. */
  private record Next(Duration interval, long nanos) {
    static Next after(Duration interval) {
      var wait = spread(interval, ThreadLocalRandom.current().nextDouble());
      return new Next(interval, System.nanoTime() + wait.toNanos());
    }
  }

  PluginPoller(Controller controller) {
    this.controller = controller;
    thread.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Returns how long to wait.
   *
   * @param chance from 0 to 1
   */
  static Duration spread(Duration interval, double chance) {
    return Duration.ofNanos((long) (interval.toNanos() * (0.9 + 0.2 * chance)));
  }

  private void look() {
    var applied = controller.applied();
    if (applied == null || controller.isDraining()) {
      return;
    }
    Set<String> polled = new HashSet<>();
    for (var plugin : applied.loaded().config().plugins()) {
      var interval = plugin.pollInterval();
      if (interval.isZero()) {
        continue;
      }
      polled.add(plugin.name());
      var next = due.get(plugin.name());
      if (next == null || !next.interval().equals(interval)) {
        due.put(plugin.name(), Next.after(interval));
      } else if (next.nanos() - System.nanoTime() <= 0) {
        ask(plugin.name());
        due.put(plugin.name(), Next.after(interval));
      }
    }
    due.keySet().retainAll(polled);
  }

  private void ask(String plugin) {
    try {
      controller.refresh(plugin);
    } catch (RuntimeException e) {
      LOG.warn("plugin {} is not refreshed: {}", plugin, e.getMessage());
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
