package dev.sluice.wasm.internal;

import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.wasm.WasmEngine;
import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Loads a guest and holds what belongs to it; tasks for its loop wait for {@link #runTasks}. */
final class TestPlugin implements AutoCloseable {
  static final Limits LIMITS =
      new Limits(
          4 << 20, Duration.ofMillis(100), Duration.ofSeconds(2), 64 << 10, 100, 8, 1, 10, 4096, 4);

  /** The start of every WAT guest: the marker and an allocator that never frees. */
  static final String PRELUDE =
      """
      (func (export "proxy_abi_version_0_2_1"))
      (memory (export "memory") 2)
      (global $free (mut i32) (i32.const 65536))
      (func $alloc (export "proxy_on_memory_allocate") (param $size i32) (result i32)
        (local $at i32)
        (local.set $at (global.get $free))
        (global.set $free (i32.add (global.get $free)
          (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8))))
        (local.get $at))
      """;

  private final WasmEngine engine;
  private final boolean ownsEngine;
  final PluginModule module;
  final PluginVm vm;
  final FakeServices services = new FakeServices();
  final FakeRoot context;
  final PluginRoot root;
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  private TestPlugin(
      WasmEngine engine,
      boolean ownsEngine,
      PluginModule module,
      String configuration,
      Limits limits) {
    this.engine = engine;
    this.ownsEngine = ownsEngine;
    this.module = module;
    context = new FakeRoot(services, configuration);
    vm = module.newVm(vmContext(services, limits, tasks));
    root = vm.newRoot(context);
  }

  /** Loads WAT: the fields of a module, after {@link #PRELUDE}; imports come first. */
  static TestPlugin of(String fields) {
    return of(fields, "", LIMITS);
  }

  static TestPlugin of(String fields, String configuration, Limits limits) {
    return ofBinary(wat(fields), configuration, limits);
  }

  static TestPlugin of(WasmEngine engine, String fields) {
    return new TestPlugin(engine, false, load(engine, wat(fields), null), "", LIMITS);
  }

  static TestPlugin of(WasmEngine engine, byte[] wasm) {
    return new TestPlugin(engine, false, load(engine, wasm, null), "", LIMITS);
  }

  static TestPlugin ofBinary(byte[] wasm, String configuration, Limits limits) {
    return ofBinary(wasm, configuration, limits, null);
  }

  static TestPlugin ofBinary(
      byte[] wasm, String configuration, Limits limits, @Nullable Path cache) {
    var engine = new WasmEngine();
    return new TestPlugin(engine, true, load(engine, wasm, cache), configuration, limits);
  }

  /** Assembles the fields of a module with the prelude. */
  static byte[] wat(String fields) {
    return Wat.assemble("(module " + PRELUDE + fields + ")");
  }

  static PluginModule load(WasmEngine engine, byte[] wasm, @Nullable Path cache) {
    try {
      Path file = Files.createTempFile("guest", ".wasm");
      try {
        Files.write(file, wasm);
        return engine.load(
            new PluginSource("test-plugin", "", "sha256:test", file, ""),
            new EngineOptions(LIMITS, false, cache));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static VmContext vmContext(FakeServices services, Limits limits, Queue<Runnable> tasks) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("NAME", "value");
    return new VmContext(
        "test-plugin",
        "test-vm",
        "vm configuration".getBytes(StandardCharsets.UTF_8),
        environment,
        limits,
        0,
        tasks::add,
        services);
  }

  HttpFilter filter(FakeExchange exchange) {
    return root.newFilter(exchange);
  }

  GuestVm guest() {
    return (GuestVm) vm;
  }

  /** Runs what was handed to the loop. */
  void runTasks() {
    for (Runnable task; (task = tasks.poll()) != null; ) {
      task.run();
    }
  }

  @Override
  public void close() {
    root.close();
    vm.close();
    module.close();
    if (ownsEngine) {
      engine.close();
    }
  }
}
