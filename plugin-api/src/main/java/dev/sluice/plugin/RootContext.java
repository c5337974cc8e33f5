package dev.sluice.plugin;

import dev.sluice.plugin.host.HostServices;
import java.time.Duration;

/** Is what a root context (one configuration of a plugin) is given. */
public interface RootContext {
  /** Returns the plugin's name. */
  String plugin();

  /** Returns {@code rootId}, an empty string by default. */
  String rootId();

  /** Returns {@code pluginConfig} as JSON bytes, empty when there is none. */
  byte[] configuration();

  /** Returns the services, limited to what was granted. */
  HostServices services();

  /** Returns the attributes outside any stream ({@code plugin_name}, {@code xds.node} …). */
  Properties properties();

  /**
   * Calls {@link Plugin#onTick} every {@code period} on the loop, first after one period; zero
   * stops. There is one timer. Ticks begin after the hand-over.
   */
  void setTickPeriod(Duration period);

  /**
   * Asks for a new VM in place of this one, which exchanges under way keep; takes a while, and does
   * nothing while one is being made.
   */
  default void rebuild() {}

  /** Reports that a root context that said it was not done ({@code onDone} false) now is. */
  void done();
}
