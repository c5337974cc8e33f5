package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.host.Clock;
import dev.sluice.proxy.PluginLines;
import dev.sluice.proxy.PluginMetric;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.PluginStatus.State;
import dev.sluice.proxy.ServiceMetric;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotException.Part;
import dev.sluice.proxy.SnapshotException.Problem;
import dev.sluice.proxy.VmSpec;
import dev.sluice.proxy.internal.callout.CalloutBudget;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the plugins of all snapshots: makes the VMs that a snapshot needs and does not find,
 * carries over the others, ends those that nobody uses (design.md section 4). Thread-safe.
 */
public final class PluginRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginRuntime.class);

  /** Old generations of one plugin that may live for the sake of their exchanges. */
  private static final int MOST_OLD_GENERATIONS = 8;

  /** Compiling is not bounded by {@code startTime}, but by something. */
  private static final Duration COMPILE_TIME = Duration.ofMinutes(5);

  /**
   * Is where plugins run.
   *
   * @param loops the loops in order
   * @param clock what time it is
   * @param codeCache a folder for compiled code, or null
   * @param lines takes the log lines of plugins, or null for the log
   * @param rebuildDelay the first wait before a dead VM is rebuilt
   * @param upstreams finds an upstream of the snapshot in force
   * @param dropped counts what came too late, by number of loop
   */
  public record Place(
      List<LoopState> loops,
      Clock clock,
      @Nullable Path codeCache,
      @Nullable PluginLines lines,
      Duration rebuildDelay,
      Function<String, @Nullable Upstream> upstreams,
      IntConsumer dropped) {}

  private final Place place;
  private final Map<String, PluginEngine> engines = new LinkedHashMap<>();
  private final List<HostServiceProvider<?>> providers;
  private final ServiceRegistry services;
  private final WarmUp warmUp = new WarmUp();
  private final ModuleCache modules = new ModuleCache();
  private final Map<String, PluginShared> shared = new ConcurrentHashMap<>();
  private final ReentrantLock preparing = new ReentrantLock();

  /** All that live, the oldest first. */
  private final List<Generation> generations = new ArrayList<>();

  /** Creates a runtime without plugins. */
  public PluginRuntime(
      Place place, List<PluginEngine> engines, List<HostServiceProvider<?>> providers) {
    this.place = place;
    this.providers = List.copyOf(providers);
    engines.forEach(engine -> this.engines.putIfAbsent(engine.name(), engine));
    services = new ServiceRegistry(providers);
  }

  WarmUp warmUp() {
    return warmUp;
  }

  Duration rebuildDelay() {
    return place.rebuildDelay();
  }

  void dropped(int loop) {
    place.dropped().accept(loop);
  }

  PluginServices services(VmKey vm, PluginShared with, Incarnation incarnation, LoopState loop) {
    var budget =
        new CalloutBudget(
            vm.plugin(), vm.grants(), vm.limits(), loop, incarnation, place.upstreams());
    return new PluginServices(vm, with, incarnation, budget);
  }

  /**
   * Leases the roots that a snapshot wants; blocks while those that are new start.
   *
   * @throws SnapshotException with every plugin that did not start; nothing is left behind
   */
  public RootLease lease(Collection<Wanted> wanted, BiConsumer<String, State> progress) {
    preparing.lock();
    try {
      var found = new LinkedHashMap<Wanted, LiveRoot>();
      var missing = new LinkedHashMap<VmKey, List<Wanted>>();
      synchronized (this) {
        for (var each : wanted) {
          var root = find(each.key());
          if (root != null) {
            root.use();
            found.put(each, root);
          } else {
            missing.computeIfAbsent(each.key().vm(), k -> new ArrayList<>()).add(each);
          }
        }
      }
      build(missing, found, progress);
      return new RootLease(this, found);
    } finally {
      preparing.unlock();
    }
  }

  private @Nullable LiveRoot find(RootKey key) {
    for (var generation : generations) {
      for (var root : generation.roots()) {
        if (root.isUsed() && root.key().equals(key)) {
          return root;
        }
      }
    }
    return null;
  }

  private void build(
      Map<VmKey, List<Wanted>> missing,
      Map<Wanted, LiveRoot> found,
      BiConsumer<String, State> progress) {
    var builds = new LinkedHashMap<VmKey, CompletableFuture<Generation>>();
    missing.forEach((key, wanted) -> builds.put(key, begin(key, wanted, progress)));
    var problems = new ArrayList<Problem>();
    var built = new ArrayList<Generation>();
    builds.forEach(
        (key, build) -> {
          try {
            built.add(build.join());
          } catch (CompletionException e) {
            problems.add(new Problem(Part.PLUGIN, key.plugin(), reason(e)));
            progress.accept(key.plugin(), State.FAILED);
          }
        });
    synchronized (this) {
      generations.addAll(built);
      for (var generation : built) {
        for (var root : generation.roots()) {
          root.use();
          missing.getOrDefault(generation.key(), List.of()).stream()
              .filter(wanted -> wanted.key().equals(root.key()))
              .forEach(wanted -> found.put(wanted, root));
        }
      }
    }
    if (!problems.isEmpty()) {
      new RootLease(this, found).release();
      throw new SnapshotException(problems);
    }
    built.forEach(generation -> progress.accept(generation.key().plugin(), State.ACTIVE));
  }

  private static String reason(CompletionException e) {
    var cause = e.getCause() == null ? e : e.getCause();
    if (cause instanceof PluginException) {
      return String.valueOf(cause.getMessage());
    }
    LOG.warn("a plugin failed to start in a way that its engine did not expect", cause);
    return cause.toString();
  }

  private CompletableFuture<Generation> begin(
      VmKey key, List<Wanted> wanted, BiConsumer<String, State> progress) {
    var spec = wanted.getFirst().plugin().vm();
    var engine = engines.get(key.engine());
    if (engine == null) {
      return CompletableFuture.failedFuture(
          new PluginException(
              PluginException.Kind.LOAD,
              "engine: " + key.engine() + " (expected: one of " + engines.keySet() + ")"));
    }
    progress.accept(key.plugin(), State.COMPILING);
    var options = new EngineOptions(key.limits(), key.trusted(), place.codeCache());
    return warmUp
        .run(COMPILE_TIME, () -> modules.acquire(engine, spec.source(), options), modules::release)
        .thenCompose(
            module -> {
              progress.accept(key.plugin(), State.WARMING);
              var roots = wanted.stream().map(Wanted::key).distinct().toList();
              return start(
                  new Generation(spec, sharedBy(spec), module, place.loops(), roots, this));
            });
  }

  private PluginShared sharedBy(VmSpec spec) {
    var name = spec.source().name();
    return shared.computeIfAbsent(
        name,
        n ->
            new PluginShared(
                new PluginStats(place.loops().size()),
                new PluginMetrics(n, spec.limits().metrics()),
                new PluginLogger(n, spec.limits().logLines(), place.clock(), place.lines()),
                place.clock(),
                services,
                new ServiceStats()));
  }

  /** Starts a VM for every loop; when one fails the others are ended again. */
  private CompletableFuture<Generation> start(Generation generation) {
    var limit = generation.key().limits().startTime();
    var starts = new ArrayList<CompletableFuture<Void>>();
    for (var vm : generation.vms()) {
      starts.add(warmUp.run(limit, vm::start, Incarnation::close).thenAccept(vm::install));
    }
    return CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new))
        .handle(
            (nothing, failure) -> {
              if (failure != null) {
                generation.discard();
                throw failure instanceof CompletionException known
                    ? known
                    : new CompletionException(failure);
              }
              return generation;
            });
  }

  /** Ends a lease. */
  void release(RootLease lease) {
    var unused = new ArrayList<LiveRoot>();
    var neverServed = new LinkedHashSet<Generation>();
    synchronized (this) {
      for (var root : lease.roots()) {
        if (root.unuse()) {
          unused.add(root);
        }
      }
      for (var root : unused) {
        if (!root.generation().isHandedOver() && !root.generation().isCurrent()) {
          neverServed.add(root.generation());
        }
      }
    }
    unused.stream().filter(root -> root.generation().isHandedOver()).forEach(LiveRoot::retire);
    neverServed.forEach(Generation::discard);
    unused.stream().map(root -> root.key().vm().plugin()).distinct().forEach(this::boundOld);
  }

  private void boundOld(String plugin) {
    List<Generation> old;
    synchronized (this) {
      old =
          generations.stream()
              .filter(g -> g.key().plugin().equals(plugin))
              .filter(g -> !g.isCurrent() && g.liveExchanges() > 0)
              .toList();
    }
    for (int i = 0; i < old.size() - MOST_OLD_GENERATIONS; i++) {
      var oldest = old.get(i);
      LOG.warn(
          "plugin {}: {} old generations still have exchanges (at most {}); resetting the {}"
              + " exchanges of the oldest, {}",
          plugin,
          old.size(),
          MOST_OLD_GENERATIONS,
          oldest.liveExchanges(),
          oldest.key().digest());
      oldest.reset("too many old generations of plugin " + plugin);
    }
  }

  /** A generation has no VM left. */
  void ended(Generation generation) {
    synchronized (this) {
      generations.remove(generation);
    }
    modules.release(generation.module());
  }

  /** Tells the engines that exchanges are served from now on. */
  public void serving() {
    engines.values().forEach(PluginEngine::serving);
  }

  /** Returns whether something is under way for a plugin that will reach its loop. */
  public boolean isBusy() {
    List<LoopVm> vms;
    synchronized (this) {
      vms = generations.stream().flatMap(g -> g.vms().stream()).toList();
    }
    return vms.stream().anyMatch(LoopVm::isBusy)
        || shared.values().stream().anyMatch(s -> s.serviceStats().inFlight() > 0);
  }

  /** Tells how each plugin fares; {@code routes} lists the routes that have a plugin. */
  public List<PluginStatus> status(Function<String, List<String>> routes) {
    var byName = new LinkedHashMap<String, List<Generation>>();
    synchronized (this) {
      for (var generation : generations) {
        byName
            .computeIfAbsent(generation.key().plugin(), n -> new ArrayList<>())
            .addFirst(generation);
      }
      return byName.entrySet().stream()
          .map(e -> status(e.getKey(), e.getValue(), routes.apply(e.getKey())))
          .toList();
    }
  }

  private PluginStatus status(String name, List<Generation> newestFirst, List<String> routes) {
    var current = newestFirst.stream().filter(Generation::isCurrent).findFirst().orElse(null);
    var shown = current == null ? newestFirst.getFirst() : current;
    var error = current == null ? null : current.error();
    var state = current == null ? State.DRAINING : error != null ? State.FAILED : State.ACTIVE;
    var stats = shown.shared().stats();
    var vms = newestFirst.stream().flatMap(g -> g.vms().stream()).toList();
    var states = newestFirst.stream().map(Generation::status).toList();
    return new PluginStatus(
        name,
        shown.key().engine(),
        shown.spec().source().version(),
        shown.key().digest(),
        state,
        error,
        stats.since(state),
        routes,
        states,
        modules.loadTime(shown.module()),
        (int) vms.stream().filter(LoopVm::isAlive).count(),
        states.stream().mapToLong(PluginStatus.Generation::exchanges).sum(),
        vms.stream().mapToLong(LoopVm::memoryBytes).sum(),
        stats.calls(),
        stats.failures(),
        stats.callTime());
  }

  /** Returns the values of the metrics that plugins have defined. */
  public List<PluginMetric> metrics() {
    return shared.values().stream().flatMap(s -> s.pluginMetrics().values().stream()).toList();
  }

  /** Returns what host services did for plugins. */
  public List<ServiceMetric> serviceMetrics() {
    return shared.entrySet().stream()
        .flatMap(entry -> entry.getValue().serviceStats().metrics(entry.getKey()).stream())
        .toList();
  }

  /** Ends every VM, whatever still uses it; blocks. */
  @Override
  public void close() {
    warmUp.close();
    List<LoopVm> vms;
    synchronized (this) {
      vms = generations.stream().flatMap(g -> g.vms().stream()).toList();
      generations.clear();
    }
    var left = new CountDownLatch(vms.size());
    for (var vm : vms) {
      try {
        vm.loop()
            .eventLoop()
            .execute(
                () -> {
                  vm.closeNow();
                  left.countDown();
                });
      } catch (RejectedExecutionException e) {
        left.countDown(); // the loop has stopped: nothing runs on the VM any more
      }
    }
    try {
      if (!left.await(5, TimeUnit.SECONDS)) {
        LOG.warn("{} VMs did not close in time", left.getCount());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    engines.values().forEach(PluginEngine::close);
    providers.forEach(HostServiceProvider::close);
  }
}
