package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.MemoryLimits;

/**
 * Is a checked and compiled module, shared by everything that was loaded from the same bytes.
 * Immutable.
 */
final class GuestModule {
  /** From this size on (bytes) compiling is felt by what the gateway serves meanwhile. */
  private static final int LARGE = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(GuestModule.class);

  private final String name;
  private final AbiVersion abi;
  private final WasmModule module;
  private final Constructor<? extends Machine> machine;
  private final int[] functions = new int[GuestExport.values().length];
  private final int[] arities = new int[GuestExport.values().length];
  private final Map<String, Integer> exports;
  private final List<LinkedImport> imports;
  private final Set<Integer> interpreted;

  /** An import with what answers it. */
  record LinkedImport(String module, String name, FunctionType type, HostCall call) {}

  private GuestModule(
      String name, WasmModule module, CompiledCode code, Constructor<? extends Machine> machine) {
    this.name = name;
    this.module = module;
    this.machine = machine;
    exports = exportedFunctions(module);
    abi = abi(name, exports.keySet());
    imports = link(name, module);
    interpreted = new HashSet<>();
    int imported = module.importSection().count(ExternalType.FUNCTION);
    code.interpreted().forEach(function -> interpreted.add(function + imported));
    for (GuestExport export : GuestExport.values()) {
      int i = export.index();
      functions[i] = exports.getOrDefault(export.symbol(), -1);
      if (functions[i] >= 0) {
        FunctionType type = functionType(module, functions[i]);
        arities[i] = type.params().size();
        checkType(export, type);
      }
    }
  }

  /**
   * Checks and compiles a module, or takes its code from the cache.
   *
   * @param serving whether exchanges go on meanwhile, so that compiling a large module is left to a
   *     process of its own
   * @throws PluginException with kind LOAD when it is not a proxy-wasm module that this host runs
   */
  static GuestModule load(
      String name, String digest, byte[] bytes, Optional<CodeCache> cache, boolean serving) {
    ModuleBinary binary = ModuleBinary.of(name, bytes);
    try {
      Optional<CompiledCode> cached = cache.flatMap(c -> c.get(digest));
      if (cached.isPresent()) {
        try {
          return define(name, digest, binary, cached.get());
        } catch (LinkageError | ReflectiveOperationException e) {
          LOG.warn("{}: cached code cannot be loaded and is built again: {}", name, e.toString());
          cache.ifPresent(c -> c.remove(digest));
        }
      }
      CompiledCode code = compile(name, binary, serving);
      cache.ifPresent(c -> c.put(digest, code));
      return define(name, digest, binary, code);
    } catch (WasmEngineException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new PluginException(Kind.LOAD, name + ": invalid module: " + e.getMessage(), e);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new PluginException(Kind.INTERNAL, name + ": compiled code cannot be loaded: " + e, e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw new PluginException(Kind.LOAD, name + ": too large or malformed to be read: " + e, e);
    }
  }

  private static CompiledCode compile(String name, ModuleBinary binary, boolean serving) {
    WasmModule checked = Parser.parse(binary.withoutCode(Set.of()));
    // Everything that can be refused is refused before the second that compiling may take.
    abi(name, exportedFunctions(checked).keySet());
    link(name, checked);
    ModuleCheck.check(name, checked);
    long start = System.nanoTime();
    Optional<CompiledCode> elsewhere = Optional.empty();
    if (serving && binary.bytes().length > LARGE) {
      elsewhere = CompilerProcess.compile(name, binary.bytes());
    }
    CompiledCode code = elsewhere.orElseGet(() -> compileHere(name, binary));
    LOG.debug("{}: compiled in {} ms", name, (System.nanoTime() - start) / 1_000_000);
    int imported = checked.importSection().count(ExternalType.FUNCTION);
    for (int function : code.interpreted()) {
      LOG.warn(
          "{}: function {} is too large for a JVM method and runs in the interpreter, about 50"
              + " times slower",
          name,
          functionName(checked, function + imported));
    }
    return code;
  }

  private static CompiledCode compileHere(String name, ModuleBinary binary) {
    WasmModule whole = Parser.parse(binary.bytes());
    ModuleCheck.check(name, whole);
    return ModuleCheck.compile(name, whole);
  }

  private static GuestModule define(
      String name, String digest, ModuleBinary binary, CompiledCode code)
      throws ReflectiveOperationException {
    WasmModule slim = Parser.parse(binary.withoutCode(code.interpreted()));
    ModuleCheck.check(name, slim);
    var loader = new CodeLoader(digest, code.classes());
    loader.loadAll();
    Constructor<? extends Machine> machine =
        loader.loadClass(code.mainClass()).asSubclass(Machine.class).getConstructor(Instance.class);
    return new GuestModule(name, slim, code, machine);
  }

  private static AbiVersion abi(String name, Set<String> exports) {
    AbiVersion abi = AbiVersion.of(exports);
    if (abi != null) {
      return abi;
    }
    String found =
        exports.stream()
            .filter(export -> export.startsWith(AbiVersion.MARKER_PREFIX))
            .findFirst()
            .map(export -> "found " + export)
            .orElse("found no marker among " + exports.size() + " exported functions");
    throw new PluginException(
        Kind.LOAD,
        name
            + ": not a proxy-wasm plugin of a known ABI: "
            + found
            + " (expected: an exported function proxy_abi_version_0_1_0, _0_2_0, _0_2_1 or"
            + " _0_2_100)");
  }

  private static Map<String, Integer> exportedFunctions(WasmModule module) {
    var names = new HashMap<String, Integer>();
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      var export = module.exportSection().getExport(i);
      if (export.exportType() == ExternalType.FUNCTION) {
        names.put(export.name(), export.index());
      }
    }
    return names;
  }

  private static List<LinkedImport> link(String name, WasmModule module) {
    var linked = new ArrayList<LinkedImport>();
    for (int i = 0; i < module.importSection().importCount(); i++) {
      var wanted = module.importSection().getImport(i);
      if (!(wanted instanceof FunctionImport function)) {
        throw new PluginException(
            Kind.LOAD,
            name
                + ": imports "
                + wanted.importType().name().toLowerCase(java.util.Locale.ROOT)
                + " "
                + wanted.module()
                + "."
                + wanted.name()
                + " (expected: functions only; the plugin brings its own memory)");
      }
      FunctionType type = module.typeSection().getType(function.typeIndex());
      HostCall call = HostFunctions.link(name, function.module(), function.name(), type);
      linked.add(new LinkedImport(function.module(), function.name(), type, call));
    }
    return List.copyOf(linked);
  }

  private static FunctionType functionType(WasmModule module, int function) {
    int imported = module.importSection().count(ExternalType.FUNCTION);
    if (function < imported) {
      int seen = 0;
      for (int i = 0; i < module.importSection().importCount(); i++) {
        if (module.importSection().getImport(i) instanceof FunctionImport candidate
            && seen++ == function) {
          return module.typeSection().getType(candidate.typeIndex());
        }
      }
    }
    return module
        .typeSection()
        .getType(module.functionSection().getFunctionType(function - imported));
  }

  private void checkType(GuestExport export, FunctionType type) {
    boolean fits =
        type.params().size() <= export.parameters()
            && type.params().stream().allMatch(HostFunctions::isI32)
            && type.returns().size() <= 1
            && type.returns().stream().allMatch(HostFunctions::isI32);
    if (!fits) {
      throw new PluginException(
          Kind.LOAD,
          name
              + ": export "
              + export.symbol()
              + " has type "
              + type
              + " (expected: at most "
              + export.parameters()
              + " i32 parameters and an i32 result)");
    }
  }

  AbiVersion abi() {
    return abi;
  }

  WasmModule module() {
    return module;
  }

  List<LinkedImport> imports() {
    return imports;
  }

  /** Returns the index of an exported function, or -1. */
  int function(GuestExport export) {
    return functions[export.index()];
  }

  /** Returns the index of an exported function of any name, or -1. */
  int function(String export) {
    return exports.getOrDefault(export, -1);
  }

  /** Returns how many parameters the guest declares for an export that it has. */
  int arity(GuestExport export) {
    return arities[export.index()];
  }

  /** Returns whether a function is left to the interpreter. */
  boolean interprets(int function) {
    return interpreted.contains(function);
  }

  /** Returns the size of memory that the module starts with and may grow to. */
  MemoryLimits memory() {
    return module.memorySection().orElseThrow().getMemory(0).limits();
  }

  /** Returns how a function is called in the guest's source, with its index. */
  String functionName(int function) {
    return functionName(module, function);
  }

  private static String functionName(WasmModule module, int function) {
    var names = module.nameSection();
    @Nullable String known = names == null ? null : names.nameOfFunction(function);
    return known == null ? "function " + function : known + " (function " + function + ")";
  }

  /** Makes the machine of an instance. */
  Machine newMachine(Instance instance) {
    try {
      return machine.newInstance(instance);
    } catch (ReflectiveOperationException e) {
      throw new PluginException(Kind.INTERNAL, name + ": cannot be instantiated: " + e, e);
    }
  }
}
