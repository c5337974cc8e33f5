package dev.sluice.polyglot;

import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.polyglot.internal.ScriptEngine;
import dev.sluice.polyglot.internal.ScriptLanguage;

/**
 * Runs plugins that are one Python file ({@code text/x-python}), as plugin-sdk/python says. They
 * are restricted as JavaScript is (no host classes, files, network, threads, processes,
 * environment), but GraalVM does not call Python a sandbox: load code that you would review.
 */
public final class PythonEngine implements PluginEngine {
  private final ScriptEngine engine = new ScriptEngine(ScriptLanguage.PYTHON);

  /** Creates the engine; called by {@link java.util.ServiceLoader}. GraalVM starts when needed. */
  public PythonEngine() {}

  @Override
  public String name() {
    return "python";
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
