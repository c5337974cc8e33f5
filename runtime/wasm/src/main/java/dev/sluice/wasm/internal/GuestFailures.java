package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.WasmEngineException;

/** Says, in words for the operator, why a guest call ended early. */
final class GuestFailures {
  private static final int MAX_FRAMES = 24;

  private GuestFailures() {}

  /**
   * Translates what was thrown through a guest.
   *
   * @param call what the host had called
   * @param timedOut whether the watchdog fired
   * @param outOfMemory whether the guest was refused memory before
   */
  static PluginException of(
      GuestModule module, String call, Throwable thrown, boolean timedOut, boolean outOfMemory) {
    String where = backtrace(module, thrown);
    if (timedOut) {
      return new PluginException(
          Kind.TIMEOUT, call + " used more CPU time than its limit" + where, thrown);
    }
    if (isStackOverflow(thrown)) {
      return new PluginException(Kind.LIMIT, call + " ran out of stack" + where, thrown);
    }
    if (thrown instanceof OutOfMemoryError) {
      return new PluginException(Kind.LIMIT, call + " ran out of memory" + where, thrown);
    }
    if (thrown instanceof WasmInterruptedException) {
      return new PluginException(Kind.INTERNAL, call + " was interrupted" + where, thrown);
    }
    if (thrown instanceof GuestExit || thrown instanceof WasmEngineException) {
      Kind kind = outOfMemory ? Kind.LIMIT : Kind.TRAP;
      String memory = outOfMemory ? " after it was refused more memory" : "";
      return new PluginException(
          kind, call + " failed" + memory + ": " + thrown.getMessage() + where, thrown);
    }
    return new PluginException(Kind.INTERNAL, call + ": defect of the host: " + thrown, thrown);
  }

  private static boolean isStackOverflow(Throwable thrown) {
    for (@Nullable Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof StackOverflowError) {
        return true;
      }
    }
    return false;
  }

  private static String backtrace(GuestModule module, Throwable thrown) {
    Throwable origin = thrown;
    while (origin.getCause() != null) {
      origin = origin.getCause();
    }
    var text = new StringBuilder();
    int frames = 0;
    int last = -1;
    int repeated = 0;
    for (StackTraceElement frame : origin.getStackTrace()) {
      int function = functionOf(frame);
      if (function < 0) {
        continue;
      }
      if (function == last) {
        repeated++;
        continue;
      }
      text.append(repeated == 0 ? "" : " and " + repeated + " more times");
      repeated = 0;
      last = function;
      if (frames++ == MAX_FRAMES) {
        return text.append("\n  …").toString();
      }
      text.append("\n  at ").append(module.functionName(function));
    }
    return text.append(repeated == 0 ? "" : " and " + repeated + " more times").toString();
  }

  private static int functionOf(StackTraceElement frame) {
    String method = frame.getMethodName();
    if (!frame.getClassName().startsWith(CompiledCode.CLASS_NAME) || !method.startsWith("func_")) {
      return -1;
    }
    return Integer.parseInt(method, "func_".length(), method.length(), 10);
  }
}
