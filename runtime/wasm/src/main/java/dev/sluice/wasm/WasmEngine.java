package dev.sluice.wasm;

import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.wasm.internal.GuestHost;

/**
 * Runs plugins built for proxy-wasm ABI 0.1.0, 0.2.0, 0.2.1 and Higress' 0.2.100 (proxy-wasm
 * specification, abi-versions), compiled to JVM bytecode.
 *
 * <p>A module is compiled once per content, its code optionally kept on disk. What plugins share
 * (shared data, queues) belongs to the engine, so one process makes one engine. Thread-safe.
 */
public final class WasmEngine implements PluginEngine {
  private final GuestHost host = new GuestHost();

  @Override
  public String name() {
    return "wasm";
  }

  @Override
  public PluginModule load(PluginSource source, EngineOptions options) {
    return host.load(source, options);
  }

  @Override
  public void serving() {
    host.serving();
  }

  @Override
  public void close() {
    host.close();
  }
}
