package dev.sluice.polyglot;

import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.polyglot.internal.ScriptEngine;
import dev.sluice.polyglot.internal.ScriptLanguage;

/**
 * Runs plugins that are one ES module ({@code text/javascript}), as plugin-sdk/javascript says: no
 * host classes, files, network, threads, processes or environment, only the {@code sluice} object.
 * The time of a callback is bounded; memory is watched, not hard-bounded.
 */
public final class JavaScriptEngine implements PluginEngine {
  private final ScriptEngine engine = new ScriptEngine(ScriptLanguage.JAVASCRIPT);

  /** Creates the engine; called by {@link java.util.ServiceLoader}. GraalVM starts when needed. */
  public JavaScriptEngine() {}

  @Override
  public String name() {
    return "js";
  }

  @Override
  public PluginModule load(PluginSource source, EngineOptions options) {
    return engine.load(source);
  }

  @Override
  public void close() {
    engine.close();
  }
}
