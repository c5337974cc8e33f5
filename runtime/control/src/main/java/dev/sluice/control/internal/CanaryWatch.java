package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.internal.Rollout.State;
import dev.sluice.proxy.CanaryStatus;
import dev.sluice.proxy.CanaryStatus.Counts;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds new versions of plugins against the versions before: rolls one back that fails more often
 * or answers later than its {@code canary} allows, promotes one that has proved itself long enough.
 */
final class CanaryWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CanaryWatch.class);
  private static final long LOOK_MILLIS = 250;
  private static final int QUANTILE = 95;

  private final Controller controller;
  private final Map<String, Window> windows = new HashMap<>();
  private final Map<String, Long> retries = new HashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sluice-canary").factory());

  /** Is where the counts stood when a window began. */
  private record Window(long nanos, CanaryStatus began) {}

  CanaryWatch(Controller controller) {
    this.controller = controller;
    thread.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      var seen = controller.proxy().canaries();
      for (var status : seen) {
        var rollout = controller.rollouts().of(status.plugin()).orElse(null);
        if (rollout != null
            && rollout.state() == State.RUNNING
            && rollout.id() == status.rollout()) {
          look(rollout, status);
        }
      }
      windows.keySet().removeIf(name -> seen.stream().noneMatch(s -> s.plugin().equals(name)));
    } catch (RuntimeException e) {
      LOG.warn("rollouts of plugins are not judged just now", e);
    }
  }

  private void look(Rollout rollout, CanaryStatus status) {
    var window = windows.get(status.plugin());
    long now = System.nanoTime();
    if (window == null || window.began().rollout() != status.rollout()) {
      window = new Window(now, none(status));
      windows.put(status.plugin(), window);
    }
    var bad =
        judge(
            rollout,
            status.canary().since(window.began().canary()),
            status.stable().since(window.began().stable()));
    if (bad != null) {
      controller.rolloutChanges().rollBack(status.plugin(), rollout.id(), bad);
      return;
    }
    var after = rollout.settings().promoteAfter();
    if (!after.isZero()
        && status.canary().exchanges() >= rollout.settings().exchanges()
        && rollout.since().plus(after).isBefore(Instant.now())) {
      promote(rollout, status, now);
      return;
    }
    if (now - window.nanos() > rollout.settings().window().toNanos()) {
      windows.put(status.plugin(), new Window(now, status));
    }
  }

  /** What cannot be promoted now is tried again when its window has passed. */
  private void promote(Rollout rollout, CanaryStatus status, long now) {
    var plugin = status.plugin();
    if (now - retries.getOrDefault(plugin, now) < 0) {
      return;
    }
    try {
      controller.rolloutChanges().promote(plugin, rollout.id());
      retries.remove(plugin);
    } catch (ConfigException e) {
      LOG.warn("plugin {}: its new version is not promoted yet: {}", plugin, e.getMessage());
      retries.put(plugin, now + rollout.settings().window().toNanos());
    }
  }

  /** What was counted before the first look belongs to the first window. */
  private static CanaryStatus none(CanaryStatus status) {
    return new CanaryStatus(
        status.plugin(), status.rollout(), zero(status.canary()), zero(status.stable()));
  }

  private static Counts zero(Counts counts) {
    return counts.since(counts);
  }

  /** Returns what is wrong with the new version, or null. */
  static @Nullable String judge(Rollout rollout, Counts canary, Counts stable) {
    var settings = rollout.settings();
    if (canary.exchanges() < settings.exchanges()) {
      return null;
    }
    if (canary.failureRate() > stable.failureRate() + settings.failureRate()) {
      return String.format(
          Locale.ROOT,
          "%.1f %% of %d exchanges failed, %.1f %% of %d with the version before"
              + " (canary.rollback.failurePercent: %s)",
          canary.failureRate() * 100,
          canary.exchanges(),
          stable.failureRate() * 100,
          stable.exchanges(),
          settings.failureRate() * 100);
    }
    if (stable.exchanges() < settings.exchanges()) {
      return null; // too few to compare times with
    }
    var late = canary.quantile(QUANTILE);
    var usual = stable.quantile(QUANTILE);
    if (late.minus(usual).compareTo(settings.latency()) > 0) {
      return String.format(
          Locale.ROOT,
          "%d %% of the responses began within %s, within %s with the version before"
              + " (canary.rollback.latency: %s)",
          QUANTILE,
          millis(late),
          millis(usual),
          millis(settings.latency()));
    }
    return null;
  }

  private static String millis(Duration time) {
    return time.toMillis() + " ms";
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
