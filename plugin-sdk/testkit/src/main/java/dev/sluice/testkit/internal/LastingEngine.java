package dev.sluice.testkit.internal;

import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Is an engine that outlives the proxies that it is given to, one after another. */
public record LastingEngine(PluginEngine engine) implements PluginEngine {
  /** Returns all engines that there are. */
  public static List<PluginEngine> found() {
    var engines = new ArrayList<PluginEngine>();
    ServiceLoader.load(PluginEngine.class).forEach(e -> engines.add(new LastingEngine(e)));
    return List.copyOf(engines);
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public PluginModule load(PluginSource source, EngineOptions options) {
    return engine.load(source, options);
  }

  @Override
  public void close() {
    // The next proxy goes on with it.
  }

  /** Ends it. */
  public void end() {
    engine.close();
  }
}
