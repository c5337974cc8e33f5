package dev.sluice.proxy.internal;

import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotException.Part;
import dev.sluice.proxy.SnapshotException.Problem;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.TcpSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.internal.exchange.CanarySplit;
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
  private final List<EventLoop> loops;
  private final ProxyCore.Options options;
  private final Upstreams upstreams;
  private final PluginRuntime plugins;
  private final AtomicLong ids = new AtomicLong();

  /** What each snapshot holds of the plugins, until it is handed over. */
  private final Map<LiveSnapshot, RootLease> leases = new ConcurrentHashMap<>();

  /** The counts of routes by name: they go on when a snapshot changes. */
  private final Map<String, LoopCells> routeCells = new ConcurrentHashMap<>();

  /** The counts of rollouts: they go on when a snapshot changes. */
  private final Map<Long, CanarySplit.Cells> canaryCells = new ConcurrentHashMap<>();

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
    var plan = new ChainPlan(spec);
    var splits = splits(spec);
    var lease = plugins.lease(plan.wanted(), progress);
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
      var chains = new Chains(plan, lease, splits);
      var routes = spec.routes().stream().map(route -> live(route, chains)).toList();
      var snapshot =
          new LiveSnapshot(
              ids.incrementAndGet(), spec, routes, byName, loops, holdings(lease, held));
      snapshot.setTcp(tcp(spec, byName, chains));
      snapshot.setCanaries(splits);
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
    canaryCells
        .keySet()
        .retainAll(snapshot.spec().canaries().stream().map(CanarySpec::rollout).toList());
    var lease = leases.get(snapshot);
    if (lease != null) {
      lease.handOver();
    }
  }

  private Map<String, CanarySplit> splits(SnapshotSpec spec) {
    var splits = new LinkedHashMap<String, CanarySplit>();
    for (var canary : spec.canaries()) {
      var cells =
          canaryCells.computeIfAbsent(
              canary.rollout(), rollout -> CanarySplit.Cells.of(loops.size()));
      splits.put(canary.stable().name(), new CanarySplit(canary, cells));
    }
    return splits;
  }

  /** Is what the links of chains are made from. */
  private record Chains(ChainPlan plan, RootLease lease, Map<String, CanarySplit> splits) {
    List<ChainLink> links(String user, List<PluginBinding> bindings) {
      return plan.places(user, bindings).stream().map(this::link).toList();
    }

    private ChainLink link(ChainPlan.Place place) {
      var before = place.stable();
      var split = splits.get(place.wanted().plugin().name());
      return before == null || split == null
          ? link(place.wanted(), null, null)
          : link(place.wanted(), split.canary(), link(before, split.stable(), null));
    }

    private ChainLink link(
        Wanted wanted, CanarySplit.@Nullable Arm arm, @Nullable ChainLink stable) {
      var plugin = wanted.plugin();
      return new ChainLink(
          plugin.name(), plugin.failStrategy(), lease.root(wanted).sources(), arm, stable);
    }
  }

  private static Map<String, LiveTcp> tcp(
      SnapshotSpec spec, Map<String, Upstream> upstreams, Chains chains) {
    var live = new LinkedHashMap<String, LiveTcp>();
    for (var tcp : spec.tcp()) {
      var upstream = upstreams.get(tcp.upstream());
      if (upstream != null) {
        upstream.useTcp();
        var links = chains.links(tcp.listener(), tcp.plugins());
        live.put(tcp.listener(), new LiveTcp(tcp, upstream, links));
      }
    }
    return live;
  }

  private LiveRoute live(Route route, Chains chains) {
    var links = chains.links(route.name(), route.plugins());
    var policy = options.attempts().create(route);
    var dialogue = route.extension(DialogueRoute.class);
    var errors = dialogue != null ? dialogue.errors() : options.errors().apply(route);
    return new LiveRoute(
        route,
        policy == null ? new TargetPolicy(route) : policy,
        errors == null ? LocalAnswers.DEFAULT : errors,
        links,
        routeCells.computeIfAbsent(route.name(), n -> LiveRoute.newCells(loops.size())));
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
    var dialogue = route.extension(DialogueRoute.class);
    if (dialogue == null ? options.attempts().create(route) == null : dialogue.usesUpstreams()) {
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
