package dev.sluice.polyglot.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import org.graalvm.polyglot.Source;
import org.jspecify.annotations.Nullable;

/** Is the text of a plugin, parsed once for all of its contexts. Thread-safe. */
final class ScriptModule implements PluginModule {
  private final ScriptEngine engine;
  private final String plugin;
  private final String text;
  private final Source source;
  private @Nullable SourceMap sourceMap;
  private volatile @Nullable String quarantine;

  ScriptModule(ScriptEngine engine, String plugin, String fileName, String text) {
    this.engine = engine;
    this.plugin = plugin;
    this.text = text;
    source =
        Source.newBuilder(engine.language().id(), text, fileName)
            .mimeType(engine.language().mimeType())
            .buildLiteral();
  }

  @Override
  public PluginVm newVm(VmContext context) {
    var reason = quarantine;
    if (reason != null) {
      throw new PluginException(Kind.DEAD, plugin + " is quarantined: " + reason);
    }
    return new ScriptVm(this, context);
  }

  ScriptEngine engine() {
    return engine;
  }

  Source source() {
    return source;
  }

  /** Returns the map to the author's files, empty where the script has none. */
  synchronized SourceMap sourceMap() {
    var read = sourceMap;
    if (read == null) {
      read = SourceMap.of(text);
      sourceMap = read;
    }
    return read;
  }

  /** Lets no context of this module start again: one has kept a thread for good. */
  void quarantine(String reason) {
    quarantine = reason;
  }

  @Override
  public void close() {}
}
