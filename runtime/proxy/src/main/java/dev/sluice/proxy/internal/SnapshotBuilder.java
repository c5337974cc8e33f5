package dev.sluice.proxy.internal;

import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotException.Part;
import dev.sluice.proxy.SnapshotException.Problem;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.TcpSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.internal.exchange.ChainLink;
import dev.sluice.proxy.internal.exchange.LiveRoute;
import dev.sluice.proxy.internal.exchange.LiveSnapshot;
import dev.sluice.proxy.internal.exchange.LiveTcp;
import dev.sluice.proxy.internal.exchange.LocalAnswers;
import dev.sluice.proxy.internal.plugin.PluginRuntime;
import dev.sluice.proxy.internal.plugin.RootLease;
import dev.sluice.proxy.internal.plugin.Wanted;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.internal.upstream.Upstream;
import dev.sluice.proxy.internal.upstream.Upstreams;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import dev.sluice.proxy.route.RouteTable;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Makes snapshots: checks, compiles, resolves and warms all that they need. Thread-safe. */
final class SnapshotBuilder {
  /** The order of a chain (design.md section 4). */
  private static final Comparator<PluginSpec> CHAIN_ORDER =
      Comparator.comparing(PluginSpec::phase)
          .thenComparing(PluginSpec::priority, Comparator.reverseOrder())
          .thenComparing(PluginSpec::name);

  private final List<EventLoop> loops;
  private final ProxyCore.Options options;
  private final Upstreams upstreams;
  private final PluginRuntime plugins;
  private final AtomicLong ids = new AtomicLong();

  /** What each snapshot holds of the plugins, until it is handed over. */
  private final Map<LiveSnapshot, RootLease> leases = new ConcurrentHashMap<>();

  /** The counts of routes by name: they go on when a snapshot changes. */
  private final Map<String, LoopCells> routeCells = new ConcurrentHashMap<>();

  SnapshotBuilder(
      List<EventLoop> loops,
      ProxyCore.Options options,
      Upstreams upstreams,
      PluginRuntime plugins) {
    this.loops = loops;
    this.options = options;
    this.upstreams = upstreams;
    this.plugins = plugins;
  }

  LiveSnapshot build(SnapshotSpec spec, BiConsumer<String, PluginStatus.State> progress) {
    check(spec);
    var chains = new LinkedHashMap<Route, List<Wanted>>();
    spec.routes().forEach(route -> chains.put(route, chain(route.plugins(), spec)));
    var wanted = new LinkedHashSet<Wanted>();
    chains.values().forEach(wanted::addAll);
    spec.tcp().forEach(tcp -> wanted.addAll(chain(tcp.plugins(), spec)));
    var named = new HashSet<String>();
    wanted.forEach(w -> named.add(w.plugin().name()));
    spec.plugins().stream()
        .filter(plugin -> !named.contains(plugin.name()))
        .forEach(plugin -> wanted.add(new Wanted(plugin, plugin.configuration())));
    var lease = plugins.lease(wanted, progress);
    var held = new ArrayList<Upstream>();
    try {
      var byName = new LinkedHashMap<String, Upstream>();
      for (var upstream : spec.upstreams()) {
        var live = acquire(upstream);
        held.add(live);
        byName.put(upstream.name(), live);
      }
      for (var plugin : spec.plugins()) {
        plugin.vm().grants().redis().stream().map(byName::get).forEach(SnapshotBuilder::useTcp);
      }
      var routes = spec.routes().stream().map(r -> live(r, chains, lease)).toList();
      var snapshot =
          new LiveSnapshot(
              ids.incrementAndGet(), spec, routes, byName, loops, holdings(lease, held));
      snapshot.setTcp(tcp(spec, byName, lease));
      leases.put(snapshot, lease);
      return snapshot;
    } catch (RuntimeException e) {
      held.forEach(upstreams::release);
      lease.release();
      throw e;
    }
  }

  private static void useTcp(@Nullable Upstream upstream) {
    if (upstream != null) {
      upstream.useTcp();
    }
  }

  private Upstream acquire(UpstreamSpec spec) {
    try {
      return upstreams.acquire(spec);
    } catch (IllegalArgumentException e) {
      var message = String.valueOf(e.getMessage());
      throw new SnapshotException(List.of(new Problem(Part.UPSTREAM, spec.name(), message)));
    }
  }

  private LiveSnapshot.Holdings holdings(RootLease lease, List<Upstream> held) {
    return new LiveSnapshot.Holdings() {
      @Override
      public void retired() {
        leases.values().remove(lease);
        lease.release();
      }

      @Override
      public void ended() {
        held.forEach(upstreams::release);
      }
    };
  }

  /** Hands the plugins of a snapshot that is to serve over to the loops. */
  void handOver(LiveSnapshot snapshot) {
    var lease = leases.get(snapshot);
    if (lease != null) {
      lease.handOver();
    }
  }

  private static List<ChainLink> links(List<Wanted> chain, RootLease lease) {
    var links = new ArrayList<ChainLink>();
    for (var wanted : chain) {
      var plugin = wanted.plugin();
      links.add(new ChainLink(plugin.name(), plugin.failStrategy(), lease.root(wanted).sources()));
    }
    return links;
  }

  private static Map<String, LiveTcp> tcp(
      SnapshotSpec spec, Map<String, Upstream> upstreams, RootLease lease) {
    var live = new LinkedHashMap<String, LiveTcp>();
    for (var tcp : spec.tcp()) {
      var upstream = upstreams.get(tcp.upstream());
      if (upstream != null) {
        upstream.useTcp();
        var links = links(chain(tcp.plugins(), spec), lease);
        live.put(tcp.listener(), new LiveTcp(tcp, upstream, links));
      }
    }
    return live;
  }

  private LiveRoute live(Route route, Map<Route, List<Wanted>> chains, RootLease lease) {
    var links = links(chains.getOrDefault(route, List.of()), lease);
    var policy = options.attempts().create(route);
    var errors = options.errors().apply(route);
    return new LiveRoute(
        route,
        policy == null ? new TargetPolicy(route) : policy,
        errors == null ? LocalAnswers.DEFAULT : errors,
        links,
        routeCells.computeIfAbsent(route.name(), n -> LiveRoute.newCells(loops.size())));
  }

  private static List<Wanted> chain(List<PluginBinding> bindings, SnapshotSpec spec) {
    var byName = new LinkedHashMap<String, PluginSpec>();
    spec.plugins().forEach(plugin -> byName.put(plugin.name(), plugin));
    var wanted = new ArrayList<Wanted>();
    for (PluginBinding binding : bindings) {
      var plugin = byName.get(binding.plugin());
      if (plugin != null) {
        var configuration =
            binding.configuration() == null ? plugin.configuration() : binding.configuration();
        wanted.add(new Wanted(plugin, configuration));
      }
    }
    wanted.sort(Comparator.comparing(Wanted::plugin, CHAIN_ORDER));
    return wanted;
  }

  private void check(SnapshotSpec spec) {
    var problems = new ArrayList<Problem>();
    var upstreamNames =
        names(Part.UPSTREAM, spec.upstreams().stream().map(UpstreamSpec::name).toList(), problems);
    var pluginNames =
        names(Part.PLUGIN, spec.plugins().stream().map(PluginSpec::name).toList(), problems);
    names(Part.ROUTE, spec.routes().stream().map(Route::name).toList(), problems);
    for (var route : spec.routes()) {
      checkRoute(route, upstreamNames, pluginNames, problems);
    }
    for (var tcp : spec.tcp()) {
      checkTcp(tcp, upstreamNames, pluginNames, problems);
    }
    if (!problems.isEmpty()) {
      throw new SnapshotException(problems);
    }
  }

  private static void checkTcp(
      TcpSpec tcp, Set<String> upstreamNames, Set<String> pluginNames, List<Problem> problems) {
    if (!upstreamNames.contains(tcp.upstream())) {
      problems.add(
          new Problem(
              Part.LISTENER,
              tcp.listener(),
              "upstream: " + tcp.upstream() + " (expected: one of " + upstreamNames + ")"));
    }
    for (var binding : tcp.plugins()) {
      if (!pluginNames.contains(binding.plugin())) {
        problems.add(
            new Problem(
                Part.LISTENER,
                tcp.listener(),
                "plugin: " + binding.plugin() + " (expected: one of " + pluginNames + ")"));
      }
    }
  }

  private static Set<String> names(Part part, List<String> all, List<Problem> problems) {
    var names = new LinkedHashSet<String>();
    for (var name : all) {
      if (!names.add(name)) {
        problems.add(new Problem(part, name, "the name is used twice (expected: unique)"));
      }
    }
    return names;
  }

  private void checkRoute(
      Route route, Set<String> upstreamNames, Set<String> pluginNames, List<Problem> problems) {
    if (options.attempts().create(route) == null) {
      if (route.targets().stream().mapToInt(Route.Target::weight).sum() <= 0) {
        problems.add(
            new Problem(
                Part.ROUTE, route.name(), "no upstream (expected: one with a weight above 0)"));
      }
    }
    for (var target : route.targets()) {
      if (!upstreamNames.contains(target.upstream())) {
        problems.add(
            new Problem(
                Part.ROUTE,
                route.name(),
                "upstream: " + target.upstream() + " (expected: one of " + upstreamNames + ")"));
      }
    }
    for (var binding : route.plugins()) {
      if (!pluginNames.contains(binding.plugin())) {
        problems.add(
            new Problem(
                Part.ROUTE,
                route.name(),
                "plugin: " + binding.plugin() + " (expected: one of " + pluginNames + ")"));
      }
    }
    try {
      RouteTable.of(List.of(route), r -> r);
    } catch (IllegalArgumentException e) {
      problems.add(new Problem(Part.ROUTE, route.name(), String.valueOf(e.getMessage())));
    }
  }
}
