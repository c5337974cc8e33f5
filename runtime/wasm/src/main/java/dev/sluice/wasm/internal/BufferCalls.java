package dev.sluice.wasm.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.PluginException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls on buffers ({@code proxy_*_buffer_*}). A body that is not there reads as an
 * empty one, as in Envoy; other buffers that are not there are NotFound.
 */
final class BufferCalls {
  private static final int LAST_BODY = 3;
  private static final int HTTP_CALL_BODY = 4;
  private static final int GRPC_MESSAGE = 5;
  private static final int VM_CONFIGURATION = 6;
  private static final int PLUGIN_CONFIGURATION = 7;
  private static final int CALL_DATA = 8;
  private static final int REDIS_REPLY = 9;

  private static final byte[] EMPTY = {};

  private BufferCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_get_buffer_status", HostCall.Typed.of("iii", BufferCalls::status));
    functions.put("proxy_get_buffer_bytes", HostCall.Typed.of("iiiii", BufferCalls::get));
    functions.put("proxy_set_buffer_bytes", HostCall.Typed.of("iiiii", BufferCalls::set));
    // ABI 0.1.0; later ABIs read buffer 7.
    functions.put("proxy_get_configuration", HostCall.Typed.of("ii", BufferCalls::configuration));
  }

  private static int status(GuestVm vm, long[] arguments) {
    int buffer = (int) arguments[0];
    int sizeOut = (int) arguments[1];
    int flagsOut = (int) arguments[2];
    int length;
    if (isBody(buffer)) {
      Body body = body(vm, buffer);
      length = body == null ? 0 : body.length();
    } else {
      byte[] bytes = bytes(vm, buffer);
      if (bytes == null) {
        return missing(buffer);
      }
      length = bytes.length;
    }
    if (!vm.memory().put32(sizeOut, length) || !vm.memory().put32(flagsOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    return AbiStatus.OK;
  }

  private static int get(GuestVm vm, long[] arguments) {
    int buffer = (int) arguments[0];
    int start = (int) arguments[1];
    int wanted = (int) arguments[2];
    int addressOut = (int) arguments[3];
    int sizeOut = (int) arguments[4];
    if (Integer.compareUnsigned(start, start + wanted) > 0) {
      return AbiStatus.BAD_ARGUMENT; // wraps around
    }
    if (isBody(buffer)) {
      Body body = body(vm, buffer);
      if (body == null) {
        return OutParameters.give(vm, EMPTY, 0, 0, addressOut, sizeOut);
      }
      return giveBody(vm, body, start, clamp(start, wanted, body.length()), addressOut, sizeOut);
    }
    byte[] bytes = bytes(vm, buffer);
    if (bytes == null) {
      return missing(buffer);
    }
    return OutParameters.give(
        vm, bytes, start, clamp(start, wanted, bytes.length), addressOut, sizeOut);
  }

  /** Copies straight from the body into the guest. */
  private static int giveBody(
      GuestVm vm, Body body, int start, int length, int addressOut, int sizeOut) {
    if (OutParameters.areOutside(vm, addressOut, sizeOut)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    int address = 0;
    if (length > 0) {
      address = vm.allocate(length);
      if (address == 0) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
      body.copyTo(start, vm.memory().bytes(), address, length);
    }
    return OutParameters.write(vm, address, length, addressOut, sizeOut);
  }

  private static int set(GuestVm vm, long[] arguments) {
    int buffer = (int) arguments[0];
    int start = (int) arguments[1];
    int size = (int) arguments[2];
    int data = (int) arguments[3];
    int dataSize = (int) arguments[4];
    if (!isBody(buffer)) {
      return bytes(vm, buffer) == null ? missing(buffer) : AbiStatus.BAD_ARGUMENT;
    }
    Body body = body(vm, buffer);
    if (body == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(data, dataSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    int length = body.length();
    // Offsets and sizes are unsigned: what is beyond an int is beyond the end.
    int from = start < 0 ? length : Math.min(start, length);
    int replaced = size < 0 ? length - from : Math.min(size, length - from);
    if ((long) length - replaced + dataSize > vm.context().limits().bodyBuffer()) {
      vm.logOnce(
          "proxy_set_buffer_bytes: the body would have "
              + ((long) length - replaced + dataSize)
              + " bytes (expected: at most limits.bodyBuffer, "
              + vm.context().limits().bodyBuffer()
              + ")");
      return AbiStatus.INTERNAL_FAILURE;
    }
    try {
      body.replace(from, replaced, vm.memory().copyOf(data, dataSize));
      return AbiStatus.OK;
    } catch (PluginException e) {
      vm.logOnce("proxy_set_buffer_bytes: " + e.getMessage());
      return AbiStatus.INTERNAL_FAILURE;
    }
  }

  private static int configuration(GuestVm vm, long[] arguments) {
    byte[] bytes = pluginConfiguration(vm);
    return bytes == null
        ? AbiStatus.NOT_FOUND
        : OutParameters.give(vm, bytes, (int) arguments[0], (int) arguments[1]);
  }

  private static int clamp(int start, int wanted, int length) {
    if (start < 0 || start >= length) {
      return 0;
    }
    return wanted < 0 ? length - start : Math.min(wanted, length - start);
  }

  private static boolean isBody(int buffer) {
    return buffer >= 0 && buffer <= LAST_BODY;
  }

  private static int missing(int buffer) {
    return buffer < 0 || buffer > REDIS_REPLY ? AbiStatus.BAD_ARGUMENT : AbiStatus.NOT_FOUND;
  }

  private static @Nullable Body body(GuestVm vm, int buffer) {
    var context = vm.active();
    return context == null ? null : context.body(buffer);
  }

  private static byte @Nullable [] bytes(GuestVm vm, int buffer) {
    return switch (buffer) {
      case HTTP_CALL_BODY, GRPC_MESSAGE, REDIS_REPLY -> vm.callouts().bytes(buffer);
      case VM_CONFIGURATION -> vm.context().configuration();
      case PLUGIN_CONFIGURATION -> pluginConfiguration(vm);
      case CALL_DATA -> vm.callData();
      default -> null;
    };
  }

  private static byte @Nullable [] pluginConfiguration(GuestVm vm) {
    var context = vm.active();
    return context == null ? null : context.root().configuration();
  }
}
