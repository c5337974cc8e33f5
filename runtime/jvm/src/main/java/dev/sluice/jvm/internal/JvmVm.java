package dev.sluice.jvm.internal;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.engine.PluginVm;
import java.util.EnumSet;
import java.util.Set;

/** Is the factory of a plugin on one loop. Java code has no VM of its own, so it never dies. */
final class JvmVm implements PluginVm {
  private final PluginFactory factory;

  JvmVm(PluginFactory factory) {
    this.factory = factory;
  }

  @Override
  public PluginRoot newRoot(RootContext context) {
    try {
      return new Root(factory.create(context));
    } catch (PluginException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw new PluginException(
          Kind.CONFIGURE, context.plugin() + " could not be configured: " + e, e);
    }
  }

  @Override
  public boolean isAlive() {
    return true;
  }

  /** Answers 0: what a Java plugin allocates cannot be told from the gateway's own. */
  @Override
  public long memoryBytes() {
    return 0;
  }

  @Override
  public void close() {}

  /** Wraps a plugin as its engine shows it. */
  private record Root(Plugin plugin) implements PluginRoot {
    /** Which callbacks a filter overrides is known only once one exists, so all are called. */
    private static final Set<Callback> ALL = EnumSet.allOf(Callback.class);

    @Override
    public Set<Callback> callbacks() {
      return ALL;
    }

    @Override
    public HttpFilter newFilter(StreamContext context) {
      return plugin.newFilter(context);
    }

    @Override
    public NetworkFilter newNetworkFilter(ConnectionContext context) {
      return plugin.newNetworkFilter(context);
    }

    @Override
    public void onTick() {
      plugin.onTick();
    }

    @Override
    public boolean onDone() {
      return plugin.onDone();
    }

    @Override
    public void close() {
      plugin.close();
    }
  }
}
