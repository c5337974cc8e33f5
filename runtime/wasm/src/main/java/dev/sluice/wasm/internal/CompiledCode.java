package dev.sluice.wasm.internal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ExternalType;

/**
 * Is the JVM bytecode of a module.
 *
 * @param mainClass the class that implements Endive's {@code Machine}
 * @param classes bytecode by class name
 * @param interpreted indexes of functions that are too large for a JVM method, among those of the
 *     module's code section
 */
record CompiledCode(String mainClass, Map<String, byte[]> classes, Set<Integer> interpreted) {
  /** The class name of a guest; its functions are methods of {@code GuestFuncGroup_n}. */
  static final String CLASS_NAME = "sluice.guest.Guest";

  /** Compiles a module. Takes a second for a Go guest. */
  static CompiledCode compile(WasmModule module) {
    // The public builder of Endive does not tell which functions it left to the interpreter.
    var result =
        Compiler.builder(module)
            .withClassName(CLASS_NAME)
            .withInterpreterFallback(InterpreterFallback.SILENT)
            .withClassCollectorFactory(ByteClassCollector::new)
            .build()
            .compile();
    var classes = new HashMap<String, byte[]>();
    result.classBytes().forEach((name, bytes) -> classes.put(name.replace('/', '.'), bytes));
    // Endive counts imports too.
    int imported = module.importSection().count(ExternalType.FUNCTION);
    var interpreted = new TreeSet<Integer>();
    result.interpretedFunctions().forEach(function -> interpreted.add(function - imported));
    return new CompiledCode(
        result.collector().mainClassName(), Map.copyOf(classes), Set.copyOf(interpreted));
  }

  /** Returns the code in the form of the cache. */
  byte[] toBytes() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeUTF(mainClass);
      out.writeInt(interpreted.size());
      for (int function : new TreeSet<>(interpreted)) {
        out.writeInt(function);
      }
      out.writeInt(classes.size());
      for (var entry : classes.entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeInt(entry.getValue().length);
        out.write(entry.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @throws IOException when it is cut off
   */
  static CompiledCode fromBytes(byte[] bytes) throws IOException {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      String mainClass = in.readUTF();
      var interpreted = new TreeSet<Integer>();
      for (int i = in.readInt(); i > 0; i--) {
        interpreted.add(in.readInt());
      }
      var classes = new HashMap<String, byte[]>();
      for (int i = in.readInt(); i > 0; i--) {
        String name = in.readUTF();
        classes.put(name, in.readNBytes(in.readInt()));
      }
      return new CompiledCode(mainClass, Map.copyOf(classes), Set.copyOf(interpreted));
    }
  }
}
