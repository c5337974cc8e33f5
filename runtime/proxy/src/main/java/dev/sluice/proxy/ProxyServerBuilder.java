package dev.sluice.proxy;

import dev.sluice.http.Transport;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.host.Clock;
import dev.sluice.proxy.internal.ProxyCore;
import dev.sluice.proxy.route.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Builds a {@link ProxyServer}. Not thread-safe. */
public final class ProxyServerBuilder {
  private final Transport transport;
  private @Nullable List<PluginEngine> engines;
  private @Nullable List<HostServiceProvider<?>> services;
  private ExchangeObserver observer = ExchangeObserver.NONE;
  private Function<Route, @Nullable ErrorRenderer> errors = route -> null;
  private AttemptPolicy.Factory attempts = route -> null;
  private Clock clock = new SystemClock();
  private boolean ownClock;
  private @Nullable Tracer tracer;
  private @Nullable Path codeCache;
  private @Nullable PluginLines pluginLines;
  private Duration rebuildDelay = Duration.ofSeconds(1);

  ProxyServerBuilder(Transport transport) {
    this.transport = transport;
  }

  /** Sets the engines; by default those that {@link ServiceLoader} finds. */
  public ProxyServerBuilder engines(List<PluginEngine> list) {
    engines = List.copyOf(list);
    return this;
  }

  /**
   * Sets the started providers of host services, one for each service interface; by default those
   * that {@link ServiceLoader} finds (started without settings).
   */
  public ProxyServerBuilder services(List<HostServiceProvider<?>> list) {
    services = List.copyOf(list);
    return this;
  }

  /** Sets who learns of exchanges. */
  public ProxyServerBuilder observer(ExchangeObserver to) {
    observer = to;
    return this;
  }

  /** Sets how the errors of a route are rendered; null means problem+json and grpc-status. */
  public ProxyServerBuilder errors(Function<Route, @Nullable ErrorRenderer> by) {
    errors = by;
    return this;
  }

  /** Sets how the attempts of a route are chosen. */
  public ProxyServerBuilder attempts(AttemptPolicy.Factory by) {
    attempts = by;
    return this;
  }

  /**
   * Sets the clock of plugins, their services and time-outs, which the loops must tell too; by
   * default the system's.
   */
  public ProxyServerBuilder clock(Clock by) {
    clock = by;
    ownClock = true;
    return this;
  }

  /** Sets what puts exchanges into traces; by default nothing does. */
  public ProxyServerBuilder tracer(@Nullable Tracer by) {
    tracer = by;
    return this;
  }

  /** Sets a folder of the user's own (mode 0700) for compiled plugins; none by default. */
  public ProxyServerBuilder codeCache(Path folder) {
    codeCache = folder;
    return this;
  }

  /** Sets who takes the log lines of plugins; by default they go to the log. */
  public ProxyServerBuilder pluginLines(PluginLines to) {
    pluginLines = to;
    return this;
  }

  /** Sets the wait before a dead VM is first rebuilt, doubled each time up to 64-fold; 1 s. */
  public ProxyServerBuilder rebuildDelay(Duration delay) {
    rebuildDelay = delay;
    return this;
  }

  /** Starts the proxy with the empty snapshot. */
  public ProxyServer start() {
    return new ProxyCore(
        transport,
        new ProxyCore.Options(
            engines == null ? found(PluginEngine.class) : engines,
            services == null ? foundServices() : services,
            observer,
            errors,
            attempts,
            clock,
            tracer,
            codeCache,
            pluginLines,
            rebuildDelay));
  }

  private static <T> List<T> found(Class<T> type) {
    var list = new ArrayList<T>();
    ServiceLoader.load(type).forEach(list::add);
    return list;
  }

  private List<HostServiceProvider<?>> foundServices() {
    var list = new ArrayList<HostServiceProvider<?>>();
    for (HostServiceProvider<?> provider : found(HostServiceProvider.class)) {
      if (ownClock) {
        provider.clock(clock);
      }
      provider.start(Map.of());
      list.add(provider);
    }
    return list;
  }
}
