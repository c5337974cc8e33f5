package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Shares compiled modules between generations. Thread-safe. */
final class ModuleCache {
  private record Key(String engine, String name, String digest, EngineOptions options) {}

  private static final class Entry {
    final PluginModule module;
    final Duration loadTime;
    int users = 1;

    Entry(PluginModule module, Duration loadTime) {
      this.module = module;
      this.loadTime = loadTime;
    }
  }

  private final Map<Key, Entry> entries = new HashMap<>();

  /** Returns the module of a source, compiled when no generation has it; blocks. */
  PluginModule acquire(PluginEngine engine, PluginSource source, EngineOptions options) {
    var key = new Key(engine.name(), source.name(), source.digest(), options);
    synchronized (this) {
      var known = entries.get(key);
      if (known != null) {
        known.users++;
        return known.module;
      }
    }
    long start = System.nanoTime();
    var module = engine.load(source, options);
    var loadTime = Duration.ofNanos(System.nanoTime() - start);
    synchronized (this) {
      var meanwhile = entries.get(key);
      if (meanwhile == null) {
        entries.put(key, new Entry(module, loadTime));
        return module;
      }
      meanwhile.users++;
      module.close();
      return meanwhile.module;
    }
  }

  /** Returns how long the engine took to load a module; zero for one that was given back. */
  synchronized Duration loadTime(PluginModule module) {
    return entries.values().stream()
        .filter(entry -> entry.module == module)
        .map(entry -> entry.loadTime)
        .findFirst()
        .orElse(Duration.ZERO);
  }

  /** Gives back a module; the last user closes it. */
  synchronized void release(PluginModule module) {
    entries
        .values()
        .removeIf(
            entry -> {
              if (entry.module != module || --entry.users > 0) {
                return false;
              }
              module.close();
              return true;
            });
  }
}
