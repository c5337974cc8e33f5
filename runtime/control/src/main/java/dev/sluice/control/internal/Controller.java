package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.GatewayConfig;
import dev.sluice.http.Transport;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.registry.Digest;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Applies configurations, one at a time: whatever fails, the last good one serves on. Thread-safe;
 * everything that changes something blocks and holds the lock.
 */
public final class Controller {
  private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final ProxyServer proxy;
  private final Listeners listeners;
  private final PluginFetcher fetcher;
  private final Path base;
  private final Map<String, String> pluginStates = new ConcurrentHashMap<>();
  private final Map<String, String> pluginErrors = new ConcurrentHashMap<>();
  private final PluginHistory history = new PluginHistory();
  private final AtomicLong succeeded = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile @Nullable Applied applied;
  private volatile boolean draining;

  /**
   * @param base relative paths of configurations start here
   */
  public Controller(Transport transport, ProxyServer proxy, ArtifactResolver resolver, Path base) {
    this.proxy = proxy;
    this.listeners = new Listeners(transport, proxy);
    this.fetcher = new PluginFetcher(resolver);
    this.base = base;
  }

  /**
   * Is the configuration in force.
   *
   * @param fromFile the file's content that it is or was changed from
   * @param changes what the admin API changed since the file was read
   */
  record Applied(
      ConfigLoader.Loaded loaded,
      String etag,
      Instant since,
      ObjectNode fromFile,
      List<String> changes) {}

  /** Says where a change comes from. */
  public enum Origin {
    FILE,
    API
  }

  /**
   * Applies a configuration.
   *
   * @param name of the file, for messages
   * @param what names a change by the API, for the warning when the file drops it
   * @throws ConfigException with everything that is wrong; nothing has changed then
   */
  public void apply(String text, String name, Origin origin, String what) {
    lock.lock();
    try {
      var loaded = ConfigLoader.load(text, name, base);
      put(loaded, origin, what);
      succeeded.incrementAndGet();
    } catch (ConfigException e) {
      failed.incrementAndGet();
      throw e;
    } finally {
      pluginStates.clear();
      lock.unlock();
    }
  }

  /**
   * Checks a configuration as far as that goes without serving it: plugins are fetched, compiled
   * and started too.
   *
   * @throws ConfigException with everything that is wrong
   */
  public void dryRun(String text, String name) {
    lock.lock();
    try {
      var loaded = ConfigLoader.load(text, name, base);
      prepare(loaded).discard();
    } finally {
      pluginStates.clear();
      lock.unlock();
    }
  }

  private void put(ConfigLoader.Loaded loaded, Origin origin, String what) {
    var before = applied;
    var snapshot = prepare(loaded);
    try {
      var next = listeners.bind(loaded.config().listeners());
      proxy.swap(snapshot);
      listeners.commit(next, loaded.config().drainTimeout());
    } catch (Transport.BindException e) {
      snapshot.discard();
      loaded.document().report("listeners", null, String.valueOf(e.getMessage()));
      loaded.check();
    }
    history.remember(loaded, proxy.current().spec());
    pluginErrors.clear();
    applied = next(before, loaded, origin, what);
    if (before != null) {
      warnOfRestart(before.loaded.config(), loaded.config());
      LOG.info("configuration {} serves", proxy.current().id());
    }
  }

  private static Applied next(
      @Nullable Applied before, ConfigLoader.Loaded loaded, Origin origin, String what) {
    var changes = new ArrayList<String>();
    var fromFile = loaded.raw();
    if (before != null && origin == Origin.API) {
      changes.addAll(before.changes);
      changes.add(what);
      fromFile = before.fromFile;
    } else if (before != null && !before.changes.isEmpty()) {
      LOG.warn("the changed file drops what the admin API changed: {}", before.changes);
    }
    return new Applied(loaded, etag(loaded.raw()), Instant.now(), fromFile, List.copyOf(changes));
  }

  private static String etag(ObjectNode raw) {
    var digest = Digest.of(raw.toString().getBytes(StandardCharsets.UTF_8));
    return "\"" + digest.hex().substring(0, 16) + "\"";
  }

  private dev.sluice.proxy.Snapshot prepare(ConfigLoader.Loaded loaded) {
    var plugins = fetcher.fetch(loaded, pluginStates::put);
    try {
      loaded.check();
      return proxy.prepare(
          SnapshotPlan.of(loaded.config(), plugins),
          (plugin, state) ->
              pluginStates.put(plugin, state.name().toLowerCase(java.util.Locale.ROOT)));
    } catch (SnapshotException e) {
      SnapshotPlan.report(loaded, e);
      e.problems().forEach(problem -> pluginErrors.put(problem.name(), problem.message()));
      loaded.check();
      throw new IllegalStateException("a refusal without a problem", e);
    }
  }

  private static void warnOfRestart(GatewayConfig before, GatewayConfig now) {
    if (before.threads() != now.threads()) {
      LOG.warn("threads: {} takes effect at the next start", now.threads());
    }
    if (!before.admin().equals(now.admin())) {
      LOG.warn("admin: takes effect at the next start");
    }
    if (!before.accessLog().equals(now.accessLog())) {
      LOG.warn("accessLog: takes effect at the next start");
    }
  }

  /** Runs a change of the configuration in force while nobody else changes it. */
  void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the configuration in force, or null before the first. */
  @Nullable Applied applied() {
    return applied;
  }

  /** Returns the configuration in force, as it must be once the gateway has started. */
  Applied inForce() {
    var current = applied;
    if (current == null) {
      throw new IllegalStateException("no configuration serves yet");
    }
    return current;
  }

  /** Returns plugins on their way: fetching, verifying, compiling, warming. */
  Map<String, String> pluginStates() {
    return new TreeMap<>(pluginStates);
  }

  /** Returns why plugins of the last attempt failed, by name. */
  Map<String, String> pluginErrors() {
    return new TreeMap<>(pluginErrors);
  }

  PluginHistory history() {
    return history;
  }

  ProxyServer proxy() {
    return proxy;
  }

  /** Returns the addresses of the listeners by name. */
  public Map<String, List<InetSocketAddress>> addresses() {
    return listeners.addresses();
  }

  Map<String, Integer> connections() {
    return listeners.connections();
  }

  long succeeded() {
    return succeeded.get();
  }

  long failed() {
    return failed.get();
  }

  boolean isDraining() {
    return draining;
  }

  /** Stops accepting and lets exchanges finish for the drain timeout; idempotent. */
  public CompletableFuture<Void> drain() {
    draining = true;
    var current = applied;
    var timeout = current == null ? Duration.ZERO : current.loaded.config().drainTimeout();
    LOG.info("draining for up to {}", timeout);
    return listeners.drain(timeout);
  }
}
