package dev.sluice.proxy.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.TcpConnection;
import dev.sluice.http.TcpHandler;
import dev.sluice.http.Transport;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.host.Clock;
import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.CanaryStatus;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.PluginLines;
import dev.sluice.proxy.PluginMetric;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.ProxyStatus;
import dev.sluice.proxy.ServiceMetric;
import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.Tracer;
import dev.sluice.proxy.internal.exchange.CanarySplit;
import dev.sluice.proxy.internal.exchange.Exchange;
import dev.sluice.proxy.internal.exchange.ExchangeEnvironment;
import dev.sluice.proxy.internal.exchange.LiveRoute;
import dev.sluice.proxy.internal.exchange.LiveSnapshot;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.plugin.PluginRuntime;
import dev.sluice.proxy.internal.tcp.TcpSession;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.internal.upstream.Upstream;
import dev.sluice.proxy.internal.upstream.Upstreams;
import dev.sluice.proxy.route.Route;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Is the proxy: begins exchanges on the snapshot in force and exchanges snapshots. */
public final class ProxyCore implements ProxyServer {
  /**
   * Is how a proxy was built.
   *
   * @param engines what runs plugins
   * @param services what plugins may ask for
   * @param observer who learns of exchanges
   * @param errors how the errors of a route are rendered; null means the default
   * @param attempts how the attempts of a route are chosen
   * @param clock what time it is
   * @param tracer puts exchanges into traces, or null
   * @param codeCache a folder for compiled plugins, or null
   * @param lines takes the log lines of plugins, or null for the log
   * @param rebuildDelay the first wait before a dead VM is rebuilt
   */
  public record Options(
      List<PluginEngine> engines,
      List<HostServiceProvider<?>> services,
      ExchangeObserver observer,
      Function<Route, @Nullable ErrorRenderer> errors,
      AttemptPolicy.Factory attempts,
      Clock clock,
      @Nullable Tracer tracer,
      @Nullable Path codeCache,
      @Nullable PluginLines lines,
      Duration rebuildDelay) {}

  private final Transport transport;
  private final ExchangeEnvironment environment;
  private final LoopState[] loops;
  private final LoopCells cells;
  private final Upstreams upstreams;
  private final PluginRuntime plugins;
  private final SnapshotBuilder builder;
  private volatile LiveSnapshot current;
  private boolean closed;

  /** Starts a proxy with the empty snapshot. */
  public ProxyCore(Transport transport, Options options) {
    this.transport = transport;
    environment = new ExchangeEnvironment(options.observer(), options.clock(), options.tracer());
    int count = transport.loops().size();
    cells = new LoopCells(count, 3);
    loops = new LoopState[count];
    for (int i = 0; i < count; i++) {
      loops[i] = new LoopState(i, transport.loops().get(i), environment, cells);
    }
    upstreams = new Upstreams(transport);
    plugins =
        new PluginRuntime(
            new PluginRuntime.Place(
                List.of(loops),
                options.clock(),
                options.codeCache(),
                options.lines(),
                options.rebuildDelay(),
                this::upstreamInForce,
                loop -> cells.add(loop, LoopState.DROPPED, 1)),
            options.engines(),
            options.services());
    builder = new SnapshotBuilder(transport.loops(), options, upstreams, plugins);
    current = builder.build(SnapshotSpec.EMPTY, (plugin, state) -> {});
    current.serve();
  }

  private @Nullable Upstream upstreamInForce(String name) {
    return current.upstreams().get(name);
  }

  @Override
  public HttpStreamHandler begin(HttpStream response) {
    return new Exchange(stateOf(response.loop()), current, response);
  }

  @Override
  public @Nullable TcpHandler accept(TcpConnection connection) {
    var snapshot = current;
    var listener = snapshot.tcp(connection.info().owner());
    if (listener == null || environment.isDraining()) {
      return null;
    }
    var session = new TcpSession(stateOf(connection.loop()), snapshot, listener, connection);
    session.start();
    return session;
  }

  /** Finds the state of a loop by identity: there are few. */
  private LoopState stateOf(EventLoop loop) {
    for (var state : loops) {
      if (state.eventLoop() == loop) {
        return state;
      }
    }
    throw new IllegalArgumentException("the stream is not on a loop of this proxy's transport");
  }

  @Override
  public Snapshot prepare(SnapshotSpec spec, BiConsumer<String, PluginStatus.State> progress) {
    if (transport.currentLoop() >= 0) {
      throw new IllegalStateException("prepare blocks: not to be called on a loop");
    }
    return builder.build(spec, progress);
  }

  @Override
  public synchronized void swap(Snapshot next) {
    if (!(next instanceof LiveSnapshot live) || closed || !live.serve()) {
      throw new IllegalStateException(
          "snapshot " + next.id() + " was discarded or already swapped in");
    }
    builder.handOver(live);
    var old = current;
    current = live;
    plugins.serving();
    old.retire();
  }

  @Override
  public Snapshot current() {
    return current;
  }

  @Override
  public ProxyStatus status() {
    var snapshot = current;
    return new ProxyStatus(
        snapshot.id(),
        cells.sum(LoopState.STARTED),
        cells.sum(LoopState.ACTIVE),
        cells.sum(LoopState.DROPPED),
        snapshot.upstreams().values().stream().map(Upstream::status).toList(),
        snapshot.routes().stream().map(LiveRoute::status).toList(),
        plugins.status(name -> routesWith(snapshot, name)));
  }

  @Override
  public List<CanaryStatus> canaries() {
    return current.canaries().values().stream().map(CanarySplit::status).toList();
  }

  @Override
  public void stopCanary(String plugin) {
    var split = current.canaries().get(plugin);
    if (split != null) {
      split.stop();
    }
  }

  private static List<String> routesWith(LiveSnapshot snapshot, String plugin) {
    var names = new ArrayList<String>();
    for (var route : snapshot.routes()) {
      if (route.status().plugins().contains(plugin)) {
        names.add(route.route().name());
      }
    }
    for (var tcp : snapshot.spec().tcp()) {
      if (tcp.plugins().stream().anyMatch(binding -> binding.plugin().equals(plugin))) {
        names.add(tcp.listener());
      }
    }
    return names;
  }

  @Override
  public List<PluginMetric> pluginMetrics() {
    return plugins.metrics();
  }

  @Override
  public List<ServiceMetric> serviceMetrics() {
    return plugins.serviceMetrics();
  }

  @Override
  public boolean isBusy() {
    return plugins.isBusy();
  }

  @Override
  public void setDraining(boolean draining) {
    environment.setDraining(draining);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      environment.setDraining(true);
      plugins.close();
      upstreams.close();
    }
  }
}
