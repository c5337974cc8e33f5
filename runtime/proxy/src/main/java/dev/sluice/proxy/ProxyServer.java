package dev.sluice.proxy;

import dev.sluice.http.ServerHandler;
import dev.sluice.http.Transport;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Proxies the exchanges of all listeners that are bound with it. Thread-safe.
 *
 * <p>A configuration is {@linkplain #prepare prepared} off the loops and then {@linkplain #swap
 * swapped} in with one reference; an exchange keeps to its end the snapshot it began on (design.md
 * section 4).
 */
public interface ProxyServer extends ServerHandler, AutoCloseable {
  /** Returns a builder of a proxy on the loops of a transport. */
  static ProxyServerBuilder builder(Transport transport) {
    return new ProxyServerBuilder(transport);
  }

  /**
   * Makes a snapshot: checks it, compiles its routes, resolves its upstreams, loads and starts the
   * plugins that the snapshot in force does not have. Blocks, possibly for seconds; not to be
   * called on a loop. The result is to be swapped in or discarded.
   *
   * @param progress learns, on some thread, of the states that plugins go through, by name
   * @throws SnapshotException with every problem; nothing is left behind
   */
  Snapshot prepare(SnapshotSpec spec, BiConsumer<String, PluginStatus.State> progress);

  /** Makes a snapshot without reports of progress. */
  default Snapshot prepare(SnapshotSpec spec) {
    return prepare(spec, (plugin, state) -> {});
  }

  /**
   * Puts a prepared snapshot in force; the one before ends with its last exchange.
   *
   * @throws IllegalStateException when it was discarded or already swapped in
   */
  void swap(Snapshot next);

  /** Returns the snapshot in force; the empty one at first. */
  Snapshot current();

  /** Returns counts over all loops; a consistent moment is not promised. */
  ProxyStatus status();

  /** Returns how the plugins of the snapshot in force fare of which two versions serve. */
  List<CanaryStatus> canaries();

  /**
   * Gives the new version of a plugin to no new exchange of the snapshot in force, at once: all get
   * the version before. Nothing happens when only one version serves.
   */
  void stopCanary(String plugin);

  /** Returns the values of the metrics that plugins have defined. */
  List<PluginMetric> pluginMetrics();

  /** Returns what host services did for plugins since the start. */
  List<ServiceMetric> serviceMetrics();

  /**
   * Returns whether something is under way for a plugin beside the loops that will reach a loop: a
   * script runs, a service is at work, a VM is rebuilt. Callouts do not count. With loops that have
   * nothing to do, false means that nothing will happen by itself.
   */
  boolean isBusy();

  /**
   * Answers new exchanges 503 {@code draining} from now on (true), or serves them (false).
   * Exchanges under way go on.
   */
  void setDraining(boolean draining);

  /** Resets what is left, ends plugins and upstreams; the transport stays. Idempotent, blocks. */
  @Override
  void close();
}
