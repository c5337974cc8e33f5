package dev.sluice.jvm;

import dev.sluice.jvm.internal.JvmModule;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;

/**
 * Runs plugins that are jars ({@code application/java-archive}). Their code is trusted: nothing but
 * a class loader separates it from the gateway, neither memory nor time is bounded, so a plugin
 * loads only with {@code trusted: true}.
 *
 * <p>The jar names its {@link dev.sluice.plugin.PluginFactory} in {@code META-INF/services}. It
 * sees the JDK and {@code dev.sluice.plugin}, and none of the gateway's other classes.
 */
public final class JvmEngine implements PluginEngine {
  /** Creates the engine; called by {@link java.util.ServiceLoader}. */
  public JvmEngine() {}

  @Override
  public String name() {
    return "java";
  }

  @Override
  public PluginModule load(PluginSource source, EngineOptions options) {
    if (!options.trusted()) {
      throw new PluginException(
          PluginException.Kind.LOAD,
          "plugin "
              + source.name()
              + " is Java code, which runs without a sandbox; to load it, set `trusted: true`");
    }
    return JvmModule.open(source);
  }
}
