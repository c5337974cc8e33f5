package dev.sluice.control.internal;

import dev.sluice.ai.AiMemory;
import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.ConfigReader;
import dev.sluice.http.Transport;
import dev.sluice.identity.Consumers;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.providers.Providers;
import dev.sluice.providers.Providers.Routing;
import dev.sluice.providers.RoutingStatus;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SystemClock;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.registry.Digest;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

  /** How the path ends that asks for a plugin again. */
  static final String REFRESH = "/refresh";

  private final ReentrantLock lock = new ReentrantLock();
  private final ProxyServer proxy;
  private final ServiceProviders services;
  private final Identities identities;
  private final Listeners listeners;
  private final PluginFetcher fetcher;
  private final Path base;
  private final Map<String, String> pluginStates = new ConcurrentHashMap<>();
  private final PluginHistory history = new PluginHistory();
  private final Rollouts rollouts = new Rollouts();
  private final RolloutChanges rolloutChanges = new RolloutChanges(this);
  private final AtomicLong succeeded = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final Providers providers;
  private final AiMemory aiMemory = new AiMemory(Long.MAX_VALUE);
  private volatile @Nullable Routing routing;
  private volatile @Nullable Applied applied;
  private volatile @Nullable Rejected rejected;
  private volatile @Nullable CompletableFuture<Void> drained;

  /**
   * @param base relative paths of configurations start here
   */
  Controller(
      Transport transport,
      ProxyServer proxy,
      ServiceProviders services,
      Identities identities,
      ArtifactResolver resolver,
      Path base) {
    this.proxy = proxy;
    this.services = services;
    this.providers = new Providers(new SystemClock(), services.embedder());
    this.identities = identities;
    this.listeners = new Listeners(transport, proxy);
    this.fetcher = new PluginFetcher(resolver);
    this.base = base;
  }

  /**
   * Is the configuration in force.
   *
   * @param started what the gateway started with
   * @param changes what the admin API changed since the file was read
   */
  record Applied(
      ConfigLoader.Loaded loaded,
      ConfigLoader.Loaded started,
      String etag,
      Instant since,
      List<String> changes) {
    /** Returns the fields that differ from those that the gateway runs with. */
    List<String> restartNeeded() {
      var now = loaded.config();
      var then = started.config();
      var fields = new ArrayList<String>();
      if (now.threads() != then.threads()) {
        fields.add("threads");
      }
      if (!now.admin().address().equals(then.admin().address())) {
        fields.add("admin.address");
      }
      if (!now.accessLog().equals(then.accessLog())) {
        fields.add("accessLog");
      }
      if (!now.telemetry().equals(then.telemetry())) {
        fields.add("telemetry");
      }
      if (!now.usage().equals(then.usage())) {
        fields.add("state.usage");
      }
      return fields;
    }
  }

  /**
   * Is the last change, when it failed.
   *
   * @param change {@code file}, or the request to the admin API
   * @param plugins what is wrong with plugins, by name
   */
  record Rejected(
      Instant at, String change, List<ConfigProblem> problems, Map<String, String> plugins) {}

  /**
   * Applies a file.
   *
   * @throws ConfigException with everything that is wrong; nothing has changed then
   */
  public void applyFile(Path file) {
    apply(() -> YamlReader.read(ConfigReader.text(file), file.toString()), Change.FILE);
  }

  /**
   * Applies a change by the admin API.
   *
   * @param what names it, for the warning when the file drops it
   * @throws ConfigException with everything that is wrong; nothing has changed then
   */
  void applyChange(ConfigSource source, String what) {
    apply(() -> source, new Change(what, true, Set.of()));
  }

  /** Applies a change that one plugin takes at once, whatever its {@code canary} says. */
  void applyAtOnce(ConfigSource source, String what, String plugin) {
    apply(() -> source, new Change(what, true, Set.of(plugin)));
  }

  /**
   * Looks whether a plugin's url now leads to something else, and rolls that out.
   *
   * @return whether something new serves now
   * @throws RegistryException when it cannot be had or is refused; what served serves on
   * @throws ConfigException when it does not fit; what served serves on
   */
  boolean refresh(String name) {
    var config = inForce().loaded().config();
    var plugin =
        config.plugins().stream()
            .filter(p -> p.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new AdminRefusal(404, "not_found", "no plugin " + name));
    var digest = fetcher.refresh(config, plugin);
    var known =
        rollouts
            .of(name)
            .map(Rollout::candidate)
            .or(
                () ->
                    proxy.current().spec().plugins().stream()
                        .filter(p -> p.name().equals(name))
                        .findFirst());
    if (known.isPresent() && known.get().vm().source().digest().equals(digest)) {
      return false;
    }
    LOG.info("plugin {}: {} now leads to {}", name, plugin.url(), digest);
    again("POST /plugins/" + name + REFRESH);
    return true;
  }

  /** Applies the configuration in force again, since what it stands for has changed. */
  void again(String why) {
    locked(
        () -> {
          var raw = inForce().loaded().raw().deepCopy();
          var source = new ConfigSource("refresh", raw, Map.of(), List.of());
          apply(() -> source, new Change(why, false, Set.of()));
        });
  }

  /**
   * Is why a configuration is applied.
   *
   * @param what names it, empty for the file
   * @param ofFields whether it changes fields, which the next change of the file takes back
   * @param atOnce plugins that are not to be staged
   */
  private record Change(String what, boolean ofFields, Set<String> atOnce) {
    static final Change FILE = new Change("", true, Set.of());

    boolean isFile() {
      return what.isEmpty();
    }
  }

  private void apply(Supplier<ConfigSource> reading, Change what) {
    var change = what.isFile() ? "file" : what.what();
    ConfigSource source = null;
    lock.lock();
    try {
      source = reading.get();
      put(source, what);
      rejected = null;
      succeeded.incrementAndGet();
    } catch (ConfigException e) {
      reject(change, e.problems(), source);
      throw e;
    } catch (RuntimeException e) {
      var problem = new ConfigProblem(change, 0, 0, "", "", "cannot be applied: " + e);
      reject(change, List.of(problem), source);
      throw e;
    } finally {
      pluginStates.clear();
      lock.unlock();
    }
  }

  private void reject(String change, List<ConfigProblem> problems, @Nullable ConfigSource source) {
    failed.incrementAndGet();
    Map<String, String> plugins = new TreeMap<>();
    if (source != null) {
      problems.forEach(p -> source.plugin(p).ifPresent(name -> plugins.put(name, p.message())));
    }
    rejected = new Rejected(Instant.now(), change, problems, plugins);
    if (applied != null) {
      var lines = problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n"));
      LOG.error("{} is refused, what served before goes on:\n{}", change, lines);
    }
  }

  /**
   * Checks a configuration as far as that goes without serving it: plugins are fetched, compiled
   * and started too, but no address is bound.
   *
   * @throws ConfigException with everything that is wrong
   */
  void dryRun(ConfigSource source) {
    lock.lock();
    try {
      var loaded = ConfigLoader.load(source, base);
      prepare(loaded, settled(applied, loaded, ""), Set.of()).snapshot().discard();
    } finally {
      pluginStates.clear();
      lock.unlock();
    }
  }

  private void put(ConfigSource source, Change what) {
    if (drained != null) {
      throw new ConfigException(
          List.of(new ConfigProblem(source.file(), 0, 0, "", "", "the gateway is draining")));
    }
    var loaded = ConfigLoader.load(source, base);
    var before = applied;
    // First, since plugins may use them while they start.
    services.start(loaded.config().services());
    try {
      put(loaded, before, what);
    } catch (RuntimeException e) {
      if (before != null) {
        services.start(before.loaded.config().services());
      }
      throw e;
    }
  }

  private void put(ConfigLoader.Loaded loaded, @Nullable Applied before, Change what) {
    var prepared = prepare(loaded, settled(before, loaded, what.what()), what.atOnce());
    var snapshot = prepared.snapshot();
    try {
      var next = listeners.bind(loaded.config().listeners());
      proxy.swap(snapshot);
      listeners.commit(next, loaded.config().drainTimeout());
    } catch (Listeners.UnusableException e) {
      snapshot.discard();
      e.reasons()
          .forEach(
              (index, reason) ->
                  loaded.document().report("listeners[" + index + "]", null, reason));
      loaded.document().check();
    }
    rollouts.commit(prepared.rollouts());
    routing = prepared.routing();
    aiMemory.limit(loaded.config().aiMemory());
    identities.commit(loaded.config().identity(), prepared.consumers());
    history.remember(loaded, proxy.current().spec(), prepared.rollouts().keySet());
    var now = next(before, loaded, what);
    applied = now;
    if (before != null) {
      LOG.info("configuration {} serves", proxy.current().id());
      var later = now.restartNeeded();
      if (!later.isEmpty()) {
        LOG.warn("{}: takes effect at the next start", String.join(", ", later));
      }
    }
  }

  private static Applied next(@Nullable Applied before, ConfigLoader.Loaded loaded, Change what) {
    var changes = new ArrayList<String>();
    if (before != null && !what.isFile()) {
      changes.addAll(before.changes);
      if (what.ofFields()) {
        changes.add(what.what());
      }
    } else if (before != null && !before.changes.isEmpty()) {
      LOG.warn("the changed file drops what the admin API changed: {}", before.changes);
    }
    return new Applied(
        loaded,
        before == null ? loaded : before.started,
        etag(loaded.raw()),
        Instant.now(),
        List.copyOf(changes));
  }

  private static String etag(ObjectNode raw) {
    var digest = Digest.of(raw.toString().getBytes(StandardCharsets.UTF_8));
    return "\"" + digest.hex().substring(0, 16) + "\"";
  }

  /** Is a snapshot with the rollouts that begin or go on when it serves. */
  private record Prepared(
      Snapshot snapshot, Consumers consumers, Routing routing, Map<String, Rollout> rollouts) {}

  private static Set<String> settled(
      @Nullable Applied before, ConfigLoader.Loaded loaded, String what) {
    return before == null ? Set.of() : PluginFetcher.settled(before.loaded(), loaded, what);
  }

  private Prepared prepare(ConfigLoader.Loaded loaded, Set<String> settled, Set<String> atOnce) {
    var plugins = fetcher.fetch(loaded, settled, pluginStates::put);
    loaded.document().check();
    var routing = providers.routing(loaded.config().routing());
    var staged = rollouts.plan(loaded.config(), plugins, proxy.current().spec(), atOnce);
    var consumers = consumers(loaded);
    try {
      var snapshot =
          proxy.prepare(
              SnapshotPlan.of(loaded.config(), consumers, routing, aiMemory, plugins, staged),
              (plugin, state) -> pluginStates.put(plugin, state.name().toLowerCase(Locale.ROOT)));
      return new Prepared(snapshot, consumers, routing, staged);
    } catch (SnapshotException e) {
      SnapshotPlan.report(loaded, e);
      loaded.document().check();
      throw new IllegalStateException("a refusal without a problem", e);
    }
  }

  /** What is in the files that issuers name is known only now. */
  private Consumers consumers(ConfigLoader.Loaded loaded) {
    try {
      return identities.of(loaded.config().identity());
    } catch (IllegalArgumentException e) {
      loaded.document().report("issuers", null, String.valueOf(e.getMessage()));
      loaded.document().check();
      throw e;
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

  /**
   * Returns the configuration in force.
   *
   * @throws AdminRefusal before the first one
   */
  Applied inForce() {
    var current = applied;
    if (current == null) {
      throw new AdminRefusal(503, "starting", "no configuration serves yet");
    }
    return current;
  }

  /** Returns the last change when it failed. */
  Optional<Rejected> rejected() {
    return Optional.ofNullable(rejected);
  }

  /** Returns plugins on their way: fetching, verifying, compiling, warming. */
  Map<String, String> pluginStates() {
    return new TreeMap<>(pluginStates);
  }

  Rollouts rollouts() {
    return rollouts;
  }

  RolloutChanges rolloutChanges() {
    return rolloutChanges;
  }

  PluginHistory history() {
    return history;
  }

  /** Returns what LLM exchanges hold. */
  AiMemory aiMemory() {
    return aiMemory;
  }

  /** Returns how providers of models fare. */
  RoutingStatus routing() {
    var current = routing;
    return current == null ? RoutingStatus.NONE : current.status();
  }

  ProxyServer proxy() {
    return proxy;
  }

  /** Returns what the services of plugins keep, by the name of the service. */
  Map<String, List<ServiceUsage>> serviceUsage() {
    return services.usage();
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
    return drained != null;
  }

  /** Stops accepting and lets exchanges finish for the drain timeout; idempotent. */
  public synchronized CompletableFuture<Void> drain() {
    var already = drained;
    if (already != null) {
      return already;
    }
    var current = applied;
    var timeout = current == null ? Duration.ZERO : current.loaded.config().drainTimeout();
    LOG.info("draining for up to {}", timeout);
    var draining = listeners.drain(timeout);
    drained = draining;
    return draining;
  }
}
