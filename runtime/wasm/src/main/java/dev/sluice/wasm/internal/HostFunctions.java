package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/** Finds what answers an import. */
final class HostFunctions {
  private static final Map<String, HostCall.Typed> WASI = WasiCalls.functions();
  private static final Map<String, Map<String, HostCall.Typed>> MODULES =
      Map.of("env", env(), "wasi_snapshot_preview1", WASI, "wasi_unstable", WASI);

  private HostFunctions() {}

  private static Map<String, HostCall.Typed> env() {
    var functions = new HashMap<String, HostCall.Typed>();
    SystemCalls.register(functions);
    HeaderCalls.register(functions);
    BufferCalls.register(functions);
    StreamCalls.register(functions);
    PropertyCalls.register(functions);
    SharedCalls.register(functions);
    MetricCalls.register(functions);
    CalloutCalls.register(functions);
    GrpcCalls.register(functions);
    RedisCalls.register(functions);
    ForeignCalls.register(functions);
    HigressCalls.register(functions);
    return Map.copyOf(functions);
  }

  /** Returns all functions by module and name. */
  static Map<String, Map<String, HostCall.Typed>> all() {
    return MODULES;
  }

  /**
   * Finds the host call for an import. The guest's declaration decides whether there is a result:
   * versions of the ABI and SDKs differ on it.
   *
   * @throws PluginException with kind LOAD when there is none of that name, or it takes other
   *     parameters
   */
  static HostCall link(String plugin, String module, String name, FunctionType declared) {
    HostCall.Typed found = MODULES.getOrDefault(module, Map.of()).get(name);
    if (found == null) {
      throw new PluginException(
          Kind.LOAD,
          plugin
              + ": imports "
              + module
              + "."
              + name
              + ", which this host does not have (expected: functions of the proxy-wasm ABI in"
              + " \"env\", or of WASI preview 1)");
    }
    boolean fits =
        parameters(declared).equals(found.parameters())
            && declared.returns().size() <= 1
            && declared.returns().stream().allMatch(HostFunctions::isI32);
    if (!fits) {
      throw new PluginException(
          Kind.LOAD,
          plugin
              + ": imports "
              + module
              + "."
              + name
              + " with the type "
              + declared
              + " (expected: parameters "
              + describe(found.parameters())
              + ", result i32 or none)");
    }
    return found.call();
  }

  static boolean isI32(ValType type) {
    return type.equals(ValType.I32);
  }

  private static String parameters(FunctionType type) {
    var letters = new StringBuilder();
    for (ValType parameter : type.params()) {
      letters.append(isI32(parameter) ? 'i' : parameter.equals(ValType.I64) ? 'l' : '?');
    }
    return letters.toString();
  }

  private static String describe(String parameters) {
    List<String> names =
        parameters.chars().mapToObj(letter -> letter == 'i' ? "i32" : "i64").toList();
    return names.toString();
  }
}
