package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.internal.Rollout.State;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the staged rollouts of plugins: takes a new version back or gives it to all. */
final class RolloutChanges {
  private static final Logger LOG = LoggerFactory.getLogger(RolloutChanges.class);

  private final Controller controller;
  private final Map<String, Long> rolledBack = new ConcurrentHashMap<>();

  RolloutChanges(Controller controller) {
    this.controller = controller;
  }

  /**
   * Takes a new version back that gets a share of exchanges: no exchange gets it from now on, even
   * when the rest fails.
   *
   * @param rollout which one; nothing happens when it is over already
   */
  void rollBack(String plugin, long rollout, String reason) {
    controller.proxy().stopCanary(plugin);
    controller.locked(
        () -> {
          var running = running(plugin, rollout);
          if (running == null) {
            return;
          }
          var digest = running.candidate().vm().source().digest();
          LOG.warn("plugin {}: {} is rolled back: {}", plugin, digest, reason);
          rolledBack.merge(plugin, 1L, Long::sum);
          controller.rollouts().set(running.in(State.ROLLED_BACK, reason));
          try {
            controller.again("rollback of " + plugin);
          } catch (ConfigException e) {
            LOG.warn("plugin {}: its new version stays loaded, without exchanges", plugin);
          }
        });
  }

  /**
   * Gives all exchanges to a new version that gets a share of them.
   *
   * @param rollout which one; nothing happens when it is over already
   * @throws ConfigException when the configuration cannot be applied again; both versions serve on
   */
  void promote(String plugin, long rollout) {
    controller.locked(
        () -> {
          var running = running(plugin, rollout);
          if (running == null) {
            return;
          }
          controller.rollouts().set(running.in(State.PROMOTED, ""));
          try {
            controller.again("promotion of " + plugin);
            LOG.info(
                "plugin {}: {} serves all exchanges",
                plugin,
                running.candidate().vm().source().digest());
          } catch (RuntimeException e) {
            controller.rollouts().set(running);
            throw e;
          }
        });
  }

  private @Nullable Rollout running(String plugin, long id) {
    return controller
        .rollouts()
        .of(plugin)
        .filter(r -> r.id() == id && r.state() == State.RUNNING)
        .orElse(null);
  }

  /** Returns how often new versions were taken back, by plugin. */
  Map<String, Long> rolledBack() {
    return new TreeMap<>(rolledBack);
  }
}
