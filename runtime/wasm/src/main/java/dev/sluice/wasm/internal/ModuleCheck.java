package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.OpCode;

/** Refuses modules that use what cannot be bounded or compiled here. */
final class ModuleCheck {
  private static final int MAX_TABLE = 1_000_000;

  private ModuleCheck() {}

  /**
   * Checks the shape of a module.
   *
   * @throws PluginException with kind LOAD
   */
  static void check(String name, WasmModule module) {
    if (module.memorySection().isEmpty() || module.memorySection().get().memoryCount() != 1) {
      int count = module.memorySection().map(memories -> memories.memoryCount()).orElse(0);
      throw refused(name, "it has " + count + " memories (expected: one, defined by the module)");
    }
    if (module.memorySection().get().getMemory(0).limits().shared()) {
      throw refused(name, "its memory is shared (expected: a module built without threads)");
    }
    for (int i = 0; i < module.typeSection().subTypeCount(); i++) {
      if (module.typeSection().getSubType(i).compType().funcType() == null) {
        // Its objects would live on the gateway's heap, where no limit reaches them.
        throw refused(name, "it uses garbage-collected types (expected: linear memory only)");
      }
    }
    for (int i = 0; i < module.tableSection().tableCount(); i++) {
      long size = module.tableSection().getTable(i).limits().min();
      if (size > MAX_TABLE) {
        throw refused(
            name, "table " + i + " has " + size + " entries (expected: up to " + MAX_TABLE + ")");
      }
    }
  }

  /**
   * Compiles a module.
   *
   * @throws PluginException with kind LOAD, naming the function and the instruction, when it cannot
   *     be compiled
   */
  static CompiledCode compile(String name, WasmModule module) {
    try {
      return CompiledCode.compile(module);
    } catch (WasmEngineException | IllegalArgumentException | IllegalStateException e) {
      int imported = module.importSection().count(ExternalType.FUNCTION);
      throw refused(name, "it cannot be compiled: " + e.getMessage() + simdHint(module, imported));
    }
  }

  private static String simdHint(WasmModule module, int imported) {
    for (int i = 0; i < module.codeSection().functionBodyCount(); i++) {
      for (var instruction : module.codeSection().getFunctionBody(i).instructions()) {
        OpCode opcode = instruction.opcode();
        if (opcode.name().startsWith("V128") || opcode.name().matches("[IF]\\d+X\\d+.*")) {
          return "; function "
              + (i + imported)
              + " uses the SIMD instruction "
              + opcode
              + " (expected: a module built without SIMD)";
        }
      }
    }
    return "";
  }

  private static PluginException refused(String name, String why) {
    return new PluginException(Kind.LOAD, name + ": cannot be run: " + why);
  }
}
