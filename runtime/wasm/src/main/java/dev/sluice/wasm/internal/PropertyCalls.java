package dev.sluice.wasm.internal;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.PluginException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers {@code proxy_get_property} and {@code proxy_set_property}. */
final class PropertyCalls {
  private static final int MAX_PATH = 1024;
  private static final int MAX_VALUE = 256 << 10;

  /** Attributes that have attributes: they have no value themselves. */
  private static final Set<String> GROUPS =
      Set.of("request", "response", "connection", "upstream", "source", "destination");

  private PropertyCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_get_property", HostCall.Typed.of("iiii", PropertyCalls::get));
    functions.put("proxy_set_property", HostCall.Typed.of("iiii", PropertyCalls::set));
  }

  private static int get(GuestVm vm, long[] arguments) {
    int path = (int) arguments[0];
    int pathSize = (int) arguments[1];
    if (!vm.memory().has(path, pathSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var context = vm.active();
    if (context == null || pathSize > MAX_PATH) {
      return AbiStatus.BAD_ARGUMENT;
    }
    List<String> segments = vm.path(path, pathSize);
    if (segments.isEmpty()) {
      return AbiStatus.NOT_FOUND;
    }
    byte[] value = ofPlugin(context, segments);
    if (value == null) {
      value = context.properties().get(segments);
    }
    if (value == null && segments.size() == 1 && GROUPS.contains(segments.getFirst())) {
      return AbiStatus.SERIALIZATION_FAILURE;
    }
    return value == null
        ? AbiStatus.NOT_FOUND
        : OutParameters.give(vm, value, (int) arguments[2], (int) arguments[3]);
  }

  /** Answers what the host knows itself and guests ask for before any exchange. */
  private static byte @Nullable [] ofPlugin(GuestContext context, List<String> path) {
    if (path.size() != 1) {
      return null;
    }
    GuestVm vm = context.vm();
    return switch (path.getFirst()) {
      case "plugin_name" -> utf8(context.root().context().plugin());
      case "plugin_root_id" -> utf8(context.root().context().rootId());
      case "plugin_vm_id" -> utf8(vm.context().vmId());
      case "plugin_vm_memory" ->
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(vm.memoryBytes()).array();
      default -> null;
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int set(GuestVm vm, long[] arguments) {
    int path = (int) arguments[0];
    int pathSize = (int) arguments[1];
    int value = (int) arguments[2];
    int valueSize = (int) arguments[3];
    if (!vm.memory().has(path, pathSize) || !vm.memory().has(value, valueSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var context = vm.active();
    if (context == null || pathSize > MAX_PATH || valueSize > MAX_VALUE) {
      return AbiStatus.BAD_ARGUMENT;
    }
    List<String> segments = vm.path(path, pathSize);
    if (segments.isEmpty()) {
      return AbiStatus.BAD_ARGUMENT;
    }
    byte[] bytes = vm.memory().copyOf(value, valueSize);
    if (vm.isHigress() && setOfHigress(context, segments, bytes)) {
      return AbiStatus.OK;
    }
    try {
      return context.properties().set(segments, bytes) ? AbiStatus.OK : AbiStatus.BAD_ARGUMENT;
    } catch (PluginException e) {
      vm.logOnce("proxy_set_property: " + e.getMessage());
      return AbiStatus.INTERNAL_FAILURE;
    }
  }

  /** Does what Higress' special properties ask for; those that can be read are kept as well. */
  private static boolean setOfHigress(GuestContext context, List<String> path, byte[] value) {
    var stream = context.stream();
    if (path.size() == 1 && stream != null && path.getFirst().equals("clear_route_cache")) {
      stream.keepRoute(new String(value, StandardCharsets.UTF_8).equals("off"));
      return false;
    }
    if (path.size() == 1 && path.getFirst().equals("wasm_need_rebuild")) {
      if (new String(value, StandardCharsets.UTF_8).equals("true")) {
        context.vm().afterCall(context.root().context()::rebuild);
      }
      return true;
    }
    return setBufferLimit(context, path, value);
  }

  /** Higress: {@code set_decoder_buffer_limit} and {@code set_encoder_buffer_limit}, as text. */
  private static boolean setBufferLimit(GuestContext context, List<String> path, byte[] value) {
    var stream = context.stream();
    Direction direction =
        switch (path.getFirst()) {
          case "set_decoder_buffer_limit" -> Direction.REQUEST;
          case "set_encoder_buffer_limit" -> Direction.RESPONSE;
          default -> null;
        };
    if (stream == null || direction == null || value.length > 18) {
      return false;
    }
    long limit = 0;
    for (byte digit : value) {
      if (digit < '0' || digit > '9') {
        return false;
      }
      limit = limit * 10 + (digit - '0');
    }
    stream.exchange().setBufferLimit(direction, limit);
    return true;
  }
}
