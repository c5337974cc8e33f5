package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.PluginLog;
import java.time.Duration;
import java.util.Map;

/** Answers the calls for logging, time and timers. */
final class SystemCalls {
  /** Longer lines are cut. */
  static final int MAX_LINE = 16 << 10;

  private static final PluginLog.Level[] LEVELS = PluginLog.Level.values();

  private SystemCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_log", HostCall.Typed.of("iii", SystemCalls::log));
    functions.put("proxy_get_log_level", HostCall.Typed.of("i", SystemCalls::level));
    functions.put("proxy_get_current_time_nanoseconds", HostCall.Typed.of("i", SystemCalls::time));
    functions.put(
        "proxy_set_tick_period_milliseconds", HostCall.Typed.of("i", SystemCalls::tickPeriod));
    functions.put("pthread_equal", HostCall.Typed.of("ii", (vm, a) -> a[0] == a[1] ? 1 : 0));
    functions.put("emscripten_notify_memory_growth", HostCall.Typed.of("i", (vm, a) -> 0));
  }

  private static int log(GuestVm vm, long[] arguments) {
    int level = (int) arguments[0];
    int message = (int) arguments[1];
    int size = (int) arguments[2];
    if (level < 0 || level >= LEVELS.length) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(message, size)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    PluginLog log = vm.log();
    if (level >= number(log.level())) {
      log.log(LEVELS[level], line(vm, message, size));
    }
    return AbiStatus.OK;
  }

  /** Returns a line for the log, cut when it is long. */
  static String line(GuestVm vm, int address, int size) {
    return size <= MAX_LINE ? vm.text(address, size) : vm.text(address, MAX_LINE) + "…";
  }

  /** Returns the number of a level in the ABI. */
  @SuppressWarnings("EnumOrdinal") // PluginLog.Level is in the ABI's order, and says so
  static int number(PluginLog.Level level) {
    return level.ordinal();
  }

  private static int level(GuestVm vm, long[] arguments) {
    return vm.memory().put32((int) arguments[0], number(vm.log().level()))
        ? AbiStatus.OK
        : AbiStatus.INVALID_MEMORY_ACCESS;
  }

  private static int time(GuestVm vm, long[] arguments) {
    return vm.memory().put64((int) arguments[0], vm.clock().wallNanos())
        ? AbiStatus.OK
        : AbiStatus.INVALID_MEMORY_ACCESS;
  }

  private static int tickPeriod(GuestVm vm, long[] arguments) {
    var context = vm.active();
    if (context == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var period = Duration.ofMillis(Integer.toUnsignedLong((int) arguments[0]));
    vm.afterCall(() -> context.root().context().setTickPeriod(period));
    return AbiStatus.OK;
  }
}
