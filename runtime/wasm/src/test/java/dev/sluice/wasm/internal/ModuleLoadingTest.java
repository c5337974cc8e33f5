package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.wasm.WasmEngine;
import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded, what is refused and why, and what stays behind. */
class ModuleLoadingTest {
  private static final String HEADERS =
      "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) (i32.const"
          + " %d))";

  private final WasmEngine engine = new WasmEngine();

  @AfterEach
  void close() {
    engine.close();
  }

  private void expectRefused(byte[] wasm, String... message) {
    assertThatThrownBy(() -> TestPlugin.load(engine, wasm, null).close())
        .isInstanceOfSatisfying(
            PluginException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.LOAD);
              assertThat(e.getMessage()).startsWith("test-plugin: ").contains(message);
            });
  }

  private static byte[] module(String fields) {
    return Wat.assemble("(module " + fields + ")");
  }

  @Test
  void isFoundThroughServiceLoader() {
    assertThat(ServiceLoader.load(PluginEngine.class))
        .extracting(PluginEngine::name)
        .containsExactly("wasm");
  }

  @Test
  void saysWhatAForeignFileIs() {
    expectRefused(new byte[0], "an empty file");
    expectRefused("<html><body>Not found".getBytes(StandardCharsets.UTF_8), "text that begins");
    expectRefused(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0}, "a gzip file");
    expectRefused(new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0}, "a zip or jar file");
    expectRefused(new byte[] {1, 2, 3}, "3 bytes that begin with 01 02 03");
    expectRefused(
        new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0}, "a WebAssembly component", "wasip2");
  }

  @Test
  void saysWhereATruncatedModuleEnds() {
    byte[] whole = TestPlugin.wat(String.format(HEADERS, 0));
    var loaded = new ArrayList<Integer>();
    for (int length = 9; length < whole.length; length++) {
      try {
        TestPlugin.load(engine, Arrays.copyOf(whole, length), null).close();
        loaded.add(length);
      } catch (PluginException e) {
        assertThat(e.kind()).as("first %d bytes", length).isEqualTo(Kind.LOAD);
      }
    }
    // Without its last section, the names, a module is whole.
    assertThat(loaded).hasSize(1);
    expectRefused(Arrays.copyOf(whole, whole.length / 2), "truncated");
  }

  @Test
  void refusesRandomDamageWithAMessage() {
    byte[] whole = TestPlugin.wat(String.format(HEADERS, 0));
    var random = new java.util.Random(7);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = whole.clone();
      damaged[8 + random.nextInt(whole.length - 8)] = (byte) random.nextInt(256);
      try {
        TestPlugin.load(engine, damaged, null).close();
      } catch (PluginException e) {
        assertThat(e.kind()).as("seed 7, round %d: %s", i, e).isEqualTo(Kind.LOAD);
      }
    }
  }

  @Test
  void refusesAModuleOfNoKnownAbi() {
    expectRefused(module("(memory 1)"), "found no marker", "proxy_abi_version_0_1_0");
    expectRefused(
        module("(memory 1) (func (export \"proxy_abi_version_9_9_9\"))"),
        "found proxy_abi_version_9_9_9");
  }

  @Test
  void acceptsEachKnownAbi() {
    for (AbiVersion abi : AbiVersion.values()) {
      byte[] wasm = module("(memory 1) (func (export \"" + abi.marker() + "\"))");
      TestPlugin.load(engine, wasm, null).close();
    }
  }

  @Test
  void refusesUnknownImportsByName() {
    String marker = "(memory 1) (func (export \"proxy_abi_version_0_2_1\"))";
    expectRefused(
        module("(import \"env\" \"proxy_fly\" (func $f (param i32)))" + marker),
        "imports env.proxy_fly");
    expectRefused(
        module("(import \"other\" \"thing\" (func $f (param i32)))" + marker),
        "imports other.thing");
    expectRefused(
        module("(import \"env\" \"proxy_log\" (func $f (param i32 i64) (result i32)))" + marker),
        "env.proxy_log",
        "[i32, i32, i32]");
    expectRefused(
        module("(import \"env\" \"memory\" (memory 1))" + marker.substring("(memory 1)".length())),
        "imports memory env.memory");
  }

  @Test
  void refusesWhatItCannotBound() {
    String marker = "(func (export \"proxy_abi_version_0_2_1\"))";
    expectRefused(module(marker), "0 memories");
    expectRefused(module("(memory 1 2 shared)" + marker), "is shared");
    expectRefused(
        module(
            "(memory 1)"
                + marker
                + "(func (export \"proxy_on_request_headers\") (param i64) (result i32) (i32.const"
                + " 0))"),
        "export proxy_on_request_headers has type");
  }

  @Test
  void linksFunctionsWithAndWithoutAResult() {
    // ABI 0.1.0: the specification says no result, SDKs declare one.
    for (String result : List.of("", "(result i32)")) {
      byte[] wasm =
          module(
              "(import \"env\" \"proxy_continue_request\" (func $f "
                  + result
                  + ")) (memory 1) (func (export \"proxy_abi_version_0_1_0\"))"
                  + "(func (export \"proxy_on_request_headers\") (param i32 i32) (result i32) (call"
                  + " $f)"
                  + (result.isEmpty() ? "" : "(drop)")
                  + "(i32.const 1))");
      try (var plugin = TestPlugin.ofBinary(wasm, "", TestPlugin.LIMITS)) {
        var exchange = new FakeExchange();
        plugin.filter(exchange).onRequestHeaders(exchange.request, true);
        assertThat(exchange.actions).containsExactly("resume REQUEST");
      }
    }
  }

  @Test
  void compilesTheSameBytesOnce() {
    byte[] wasm = TestPlugin.wat(String.format(HEADERS, 0));
    try (var first = TestPlugin.load(engine, wasm, null);
        var second = TestPlugin.load(engine, wasm, null);
        var firstVm = vm(first);
        var secondVm = vm(second)) {
      assertThat(firstVm.module()).isSameAs(secondVm.module());
    }
  }

  private static GuestVm vm(dev.sluice.plugin.engine.PluginModule module) {
    return (GuestVm)
        module.newVm(
            TestPlugin.vmContext(new FakeServices(), TestPlugin.LIMITS, new ArrayDeque<>()));
  }

  @Test
  void takesCodeFromTheCacheAndRebuildsItWhenDamaged(@TempDir Path folder) throws IOException {
    Path cache = folder.resolve("code");
    byte[] wasm = TestPlugin.wat(String.format(HEADERS, 1));
    TestPlugin.load(engine, wasm, cache).close();
    Path file;
    try (var files = Files.list(cache)) {
      file = files.findFirst().orElseThrow();
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
    byte[] good = Files.readAllBytes(file);
    TestPlugin.load(engine, wasm, cache).close();
    assertThat(file).hasBinaryContent(good);

    for (byte[] damaged :
        List.of(new byte[0], Arrays.copyOf(good, good.length / 2), flipped(good))) {
      Files.write(file, damaged);
      TestPlugin.load(engine, wasm, cache).close();
      assertThat(Files.size(file)).isEqualTo(good.length);
    }
  }

  private static byte[] flipped(byte[] bytes) {
    byte[] copy = bytes.clone();
    copy[copy.length / 2] ^= 1;
    return copy;
  }

  @Test
  void doesNotUseACacheThatItCannotOwn(@TempDir Path folder) throws IOException {
    Path notAFolder = Files.createFile(folder.resolve("file"));
    TestPlugin.load(engine, TestPlugin.wat(String.format(HEADERS, 2)), notAFolder).close();
    assertThat(notAFolder).isEmptyFile();
  }

  @Test
  void interpretsAFunctionThatIsTooLargeForTheJvm() {
    String large = "(local.set 0 (i32.add (local.get 0) (i32.const 1000000)))".repeat(20_000);
    byte[] wasm =
        TestPlugin.wat(
            "(func $large (export \"large\") (param i32) (result i32) "
                + large
                + "(local.get 0))"
                + "(func (export \"proxy_on_request_body\") (param i32 i32 i32) (result i32)"
                + " (i32.ne (call $large (i32.const 5)) (i32.const 0xa817c805)))");
    // 5 + 20,000 million, modulo 2^32.
    try (var plugin = TestPlugin.ofBinary(wasm, "", Limits.DEFAULT)) {
      assertThat(plugin.filter(new FakeExchange()).onRequestBody(new FakeBody("x"), true))
          .isEqualTo(FilterStatus.CONTINUE);
      assertThat(plugin.guest().module().interprets(plugin.guest().module().function("large")))
          .isTrue();
    }
  }

  @Test
  void unloadsTheClassesOfModulesThatWereClosed() {
    var loading = ManagementFactory.getClassLoadingMXBean();
    WeakReference<GuestModule> module = loadAndForget(0);
    long before = loading.getLoadedClassCount();
    for (int i = 1; i <= 50; i++) {
      module = loadAndForget(i);
    }
    var last = module;
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(last.refersTo(null)).isTrue();
              // Each module has four classes or more.
              assertThat(loading.getLoadedClassCount()).isLessThan((int) before + 100);
            });
  }

  private WeakReference<GuestModule> loadAndForget(int number) {
    byte[] wasm = TestPlugin.wat(String.format(HEADERS, number));
    try (var module = TestPlugin.load(engine, wasm, null)) {
      var vm = vm(module);
      var root = vm.newRoot(new FakeRoot(new FakeServices(), ""));
      var exchange = new FakeExchange();
      var filter = root.newFilter(exchange);
      filter.onRequestHeaders(exchange.request, true);
      filter.onDestroy();
      root.close();
      var reference = new WeakReference<>(vm.module());
      vm.close();
      return reference;
    }
  }
}
