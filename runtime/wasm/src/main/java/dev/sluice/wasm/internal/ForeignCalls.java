package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.PluginLog;
import dev.sluice.plugin.host.ServiceException;
import java.util.HashMap;
import java.util.Map;

/** Answers {@code proxy_call_foreign_function}: finds the function and reports its failures. */
final class ForeignCalls {
  private static final int MAX_NAME = 128;

  /** Is a function that guests call by name. */
  @FunctionalInterface
  interface ForeignFunction {
    /**
     * Runs it.
     *
     * @param arguments address of the arguments, within memory
     * @param size their size
     * @return a status of the ABI
     */
    int call(GuestVm vm, int arguments, int size, int addressOut, int sizeOut);
  }

  /** Thrown by a function that reached a limit of its own: InternalFailure, logged once. */
  static final class LimitReached extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LimitReached(String message) {
      super(message, null, false, false);
    }
  }

  private static final Map<String, ForeignFunction> FUNCTIONS = functions();

  private ForeignCalls() {}

  private static Map<String, ForeignFunction> functions() {
    var functions = new HashMap<String, ForeignFunction>();
    HostFeatureCalls.register(functions);
    PatternCalls.register(functions);
    TextServiceCalls.register(functions);
    VectorCalls.register(functions);
    CounterCalls.register(functions);
    StoreCalls.register(functions);
    AiCalls.register(functions);
    EnvoyCalls.register(functions);
    // Envoy's.
    functions.put(
        "clear_route_cache", (vm, a, size, out, outSize) -> StreamCalls.clearRouteCache(vm));
    // Higress'.
    functions.put("get_log_level", ForeignCalls::logLevel);
    return Map.copyOf(functions);
  }

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_call_foreign_function", HostCall.Typed.of("iiiiii", ForeignCalls::call));
  }

  private static int call(GuestVm vm, long[] arguments) {
    int name = (int) arguments[0];
    int nameSize = (int) arguments[1];
    int data = (int) arguments[2];
    int dataSize = (int) arguments[3];
    int addressOut = (int) arguments[4];
    int sizeOut = (int) arguments[5];
    GuestMemory memory = vm.memory();
    if (!memory.has(name, nameSize) || !memory.has(data, dataSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    if (nameSize > MAX_NAME) {
      return AbiStatus.NOT_FOUND;
    }
    // The octets of an ASCII name, through the cache of header values: the same string each time.
    String function = vm.value(name, nameSize).text();
    ForeignFunction found = FUNCTIONS.get(function);
    if (found == null) {
      return AbiStatus.NOT_FOUND;
    }
    if ((addressOut != 0 && !memory.has(addressOut, 4))
        || (sizeOut != 0 && !memory.has(sizeOut, 4))) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    try {
      return found.call(vm, data, dataSize, addressOut, sizeOut);
    } catch (WireReader.Malformed e) {
      vm.log().log(PluginLog.Level.ERROR, function + ": " + e.getMessage());
      return AbiStatus.BAD_ARGUMENT;
    } catch (LimitReached e) {
      vm.logOnce(function + ": " + e.getMessage());
      return AbiStatus.INTERNAL_FAILURE;
    } catch (ServiceException e) {
      return failed(vm, function, e);
    }
  }

  private static int failed(GuestVm vm, String function, ServiceException failure) {
    switch (failure.reason()) {
      case BAD_ARGUMENT, NOT_FOUND -> {
        vm.log().log(PluginLog.Level.ERROR, function + ": " + failure.getMessage());
        return AbiStatus.BAD_ARGUMENT;
      }
      default -> {
        vm.logOnce(function + ": " + failure.getMessage());
        return AbiStatus.INTERNAL_FAILURE;
      }
    }
  }

  /** Hands bytes to the guest through out-parameters of which each may be 0. */
  static int give(GuestVm vm, byte[] bytes, int length, int addressOut, int sizeOut) {
    GuestMemory memory = vm.memory();
    int address = 0;
    if (length > 0 && addressOut != 0) {
      address = vm.allocate(length);
      if (address == 0) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
      System.arraycopy(bytes, 0, memory.bytes(), address, length);
    }
    if (addressOut != 0) {
      memory.put32(addressOut, address);
    }
    if (sizeOut != 0) {
      memory.put32(sizeOut, length);
    }
    return AbiStatus.OK;
  }

  private static int logLevel(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    byte[] level = new byte[4];
    GuestMemory.set32(level, 0, SystemCalls.number(vm.log().level()));
    return give(vm, level, level.length, addressOut, sizeOut);
  }
}
