package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/** Holds what all Wasm plugins of the process share, and loads modules. Thread-safe. */
public final class GuestHost implements AutoCloseable {
  private static final long MAX_MODULE_BYTES = 128L << 20;

  private final Watchdog watchdog = new Watchdog();
  private final SharedData sharedData = new SharedData();
  private final SharedQueues sharedQueues = new SharedQueues();
  private final Map<Path, Optional<CodeCache>> caches = new ConcurrentHashMap<>();
  private final Map<String, Shared> modules = new HashMap<>();
  private volatile boolean serving;

  /** Is a module in use, by how many. */
  private static final class Shared {
    final CompletableFuture<GuestModule> module = new CompletableFuture<>();
    int users;
  }

  /**
   * Loads a module; compiles it unless the same bytes are in use or in the code cache.
   *
   * @throws PluginException with kind LOAD
   */
  public PluginModule load(PluginSource source, EngineOptions options) {
    byte[] bytes = read(source);
    String digest = HexFormat.of().formatHex(CodeCache.sha256().digest(bytes));
    Shared shared;
    boolean first;
    synchronized (modules) {
      shared = modules.computeIfAbsent(digest, key -> new Shared());
      first = shared.users++ == 0;
    }
    if (first) {
      try {
        Optional<CodeCache> cache =
            options.codeCache() == null
                ? Optional.empty()
                : caches.computeIfAbsent(options.codeCache(), CodeCache::open);
        shared.module.complete(GuestModule.load(source.name(), digest, bytes, cache, serving));
      } catch (Throwable e) { // others wait for it
        synchronized (modules) {
          modules.remove(digest, shared);
        }
        shared.module.completeExceptionally(e);
        throw e;
      }
    }
    try {
      return new ModuleUse(this, digest, shared.module.join());
    } catch (CompletionException e) {
      throw e.getCause() instanceof PluginException failure
          ? failure
          : new PluginException(Kind.INTERNAL, source.name() + ": cannot be compiled", e);
    }
  }

  private static byte[] read(PluginSource source) {
    Path file = source.file();
    if (Files.isDirectory(file)) {
      file = file.resolve(source.entry().isEmpty() ? "plugin.wasm" : source.entry());
    }
    try {
      long size = Files.size(file);
      if (size > MAX_MODULE_BYTES) {
        throw new PluginException(
            Kind.LOAD,
            source.name()
                + ": "
                + file
                + " has "
                + size
                + " bytes (expected: at most "
                + MAX_MODULE_BYTES
                + ")");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new PluginException(Kind.LOAD, source.name() + ": cannot read " + file + ": " + e, e);
    }
  }

  /** Counts a user of a module out; with the last one the code can be unloaded. */
  void release(String digest) {
    synchronized (modules) {
      Shared shared = modules.get(digest);
      if (shared != null && --shared.users == 0) {
        modules.remove(digest);
      }
    }
  }

  /** Large modules are compiled in processes of their own from now on. */
  public void serving() {
    serving = true;
  }

  Watchdog watchdog() {
    return watchdog;
  }

  SharedData sharedData() {
    return sharedData;
  }

  SharedQueues sharedQueues() {
    return sharedQueues;
  }

  @Override
  public void close() {
    watchdog.close();
  }
}
