package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Answers {@code sluice.counters.*} (plugin-sdk/ABI.md, "Counters"). */
final class CounterCalls {
  /** A key's length, an amount, a kind, and the shortest window. */
  private static final int LEAST_LIMIT = 4 + 8 + 1 + 8;

  private CounterCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.counters.add", CounterCalls::add);
    functions.put("sluice.counters.reserve", CounterCalls::reserve);
    functions.put("sluice.counters.settle", CounterCalls::settle);
    functions.put("sluice.counters.release", CounterCalls::release);
    functions.put("sluice.counters.peek", CounterCalls::peek);
  }

  private static int add(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var limits = limits(in);
    long amount = in.u64();
    in.finish();
    return vm.answers()
        .<List<Remaining>>start(
            (services, completion) -> services.counters().add(limits, amount, completion),
            CounterCalls::remaining,
            addressOut,
            sizeOut);
  }

  private static int reserve(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var limits = limits(in);
    long amount = in.u64();
    var expiry = in.millis();
    in.finish();
    return vm.answers()
        .<Decision>start(
            (services, completion) ->
                services.counters().reserve(limits, amount, expiry, completion),
            CounterCalls::decision,
            CounterCalls::giveBack,
            addressOut,
            sizeOut);
  }

  private static int settle(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    long reservation = in.u64();
    long amount = in.u64();
    in.finish();
    return vm.answers()
        .<List<Remaining>>start(
            (services, completion) -> services.counters().settle(reservation, amount, completion),
            CounterCalls::remaining,
            addressOut,
            sizeOut);
  }

  private static int release(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    long reservation = in.u64();
    in.finish();
    return vm.answers()
        .<List<Remaining>>start(
            (services, completion) -> services.counters().release(reservation, completion),
            CounterCalls::remaining,
            addressOut,
            sizeOut);
  }

  private static int peek(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var limits = limits(in);
    in.finish();
    return vm.answers()
        .<List<Remaining>>start(
            (services, completion) -> services.counters().peek(limits, completion),
            CounterCalls::remaining,
            addressOut,
            sizeOut);
  }

  private static List<Limit> limits(WireReader in) {
    int count = in.count(LEAST_LIMIT);
    var limits = new ArrayList<Limit>(count);
    for (int i = 0; i < count; i++) {
      var key = in.string();
      long amount = in.u64();
      limits.add(new Limit(key, window(in), amount));
    }
    return limits;
  }

  private static Window window(WireReader in) {
    int kind = in.u8();
    return switch (kind) {
      case 0 -> new Window.Fixed(in.string(), in.string());
      case 1 -> new Window.Sliding(in.millis());
      case 2 -> new Window.TokenBucket(in.f64());
      case 3 -> new Window.Concurrency(in.millis());
      default ->
          throw new WireReader.Malformed(
              "the kind "
                  + kind
                  + " of a window (expected: 0 fixed, 1 sliding, 2 token bucket, 3 concurrency)");
    };
  }

  private static void decision(WireWriter answer, Decision decision) {
    answer.u8(decision.granted() ? 1 : 0).u64(decision.reservation());
    remaining(answer, decision.remaining());
  }

  private static void remaining(WireWriter answer, List<Remaining> all) {
    answer.u32(all.size());
    for (var each : all) {
      answer.u64(each.remaining()).u64(each.resetsAt().toEpochMilli());
    }
  }

  /** Nobody knows the reservation of a stream that was gone before it was made. */
  private static void giveBack(HostServices services, Decision decision) {
    if (decision.granted()) {
      services
          .counters()
          .release(decision.reservation(), Completion.of(remaining -> {}, error -> {}));
    }
  }
}
