package dev.sluice.wasm.internal;

import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import java.util.Map;

/** Answers {@code sluice.host.*} (plugin-sdk/ABI.md, "Host features"). */
final class HostFeatureCalls {
  private HostFeatureCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.host.enable", HostFeatureCalls::enable);
    functions.put("sluice.host.echo", HostFeatureCalls::echo);
  }

  private static int enable(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int wanted = in.u32();
    in.finish();
    return new WireWriter(8).u32(vm.enable(wanted)).give(vm, addressOut, sizeOut);
  }

  private static int echo(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var out = new WireWriter(size);
    out.u8(in.u8()).u32(in.u32()).u64(in.u64()).f64(in.f64()).bytes(in.bytes()).string(in.string());
    int count = in.count(8);
    out.u32(count);
    for (int i = 0; i < count; i++) {
      out.u32(in.u32()).string(in.string());
    }
    boolean present = in.present();
    out.u8(present ? 1 : 0);
    if (present) {
      out.string(in.string());
    }
    in.finish();
    return out.give(vm, addressOut, sizeOut);
  }
}
