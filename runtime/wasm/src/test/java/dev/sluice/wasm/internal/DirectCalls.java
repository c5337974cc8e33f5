package dev.sluice.wasm.internal;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Calls host functions as a guest would, with arguments that it puts into guest memory. */
final class DirectCalls {
  static final int OUT = 8;
  static final int OUT_SIZE = 12;
  static final int OUT_MORE = 16;

  private final GuestVm vm;
  private int free = 1024;

  DirectCalls(TestPlugin plugin) {
    vm = plugin.guest();
  }

  /** Makes later calls act on a context. */
  void in(Object context) {
    if (!vm.setEffective(((GuestContext) context).id())) {
      throw new AssertionError("no such context");
    }
  }

  /** Calls a function of {@code env}: each string stands for its address and size. */
  int call(String name, Object... arguments) {
    return callIn("env", name, arguments);
  }

  int callIn(String module, String name, Object... arguments) {
    Map<String, HostCall.Typed> functions = HostFunctions.all().getOrDefault(module, Map.of());
    HostCall.Typed typed = functions.get(name);
    if (typed == null) {
      throw new AssertionError(name);
    }
    long[] numbers = new long[typed.parameters().length()];
    int i = 0;
    for (Object argument : arguments) {
      if (argument instanceof Number number) {
        numbers[i++] = number.longValue();
      } else {
        byte[] bytes =
            argument instanceof byte[] given
                ? given
                : ((String) argument).getBytes(StandardCharsets.UTF_8);
        numbers[i++] = put(bytes);
        numbers[i++] = bytes.length;
      }
    }
    if (i != numbers.length) {
      throw new AssertionError(name + " takes " + numbers.length + " arguments, not " + i);
    }
    var context = vm.active();
    vm.enter(vm.callLimit());
    try {
      return typed.call().call(vm, numbers);
    } finally {
      vm.leave();
      if (context != null) {
        vm.setEffective(context.id());
      }
    }
  }

  /** Puts bytes into guest memory. */
  int put(byte[] bytes) {
    int at = free;
    free += (bytes.length + 8) & -8;
    vm.memory().write(at, bytes, 0, bytes.length);
    return at;
  }

  /** Returns the bytes that the out-parameters point at. */
  byte[] outBytes() {
    return vm.memory().copyOf(out(OUT), out(OUT_SIZE));
  }

  String outText() {
    return new String(outBytes(), StandardCharsets.UTF_8);
  }

  int out(int address) {
    return vm.memory().readInt(address);
  }

  long outLong(int address) {
    return vm.memory().readLong(address);
  }
}
