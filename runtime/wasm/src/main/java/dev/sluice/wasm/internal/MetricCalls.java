package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.ServiceException;
import java.util.Map;

/** Answers the calls on metrics. */
final class MetricCalls {
  private static final Metrics.Type[] TYPES = Metrics.Type.values();
  private static final int MAX_NAME = 512;

  private MetricCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_define_metric", HostCall.Typed.of("iiii", MetricCalls::define));
    functions.put("proxy_increment_metric", HostCall.Typed.of("il", MetricCalls::increment));
    functions.put("proxy_record_metric", HostCall.Typed.of("il", MetricCalls::record));
    functions.put("proxy_get_metric", HostCall.Typed.of("ii", MetricCalls::get));
  }

  private static int define(GuestVm vm, long[] arguments) {
    int type = (int) arguments[0];
    int name = (int) arguments[1];
    int nameSize = (int) arguments[2];
    int idOut = (int) arguments[3];
    if (type < 0 || type >= TYPES.length) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(name, nameSize) || !vm.memory().has(idOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    if (nameSize == 0 || nameSize > MAX_NAME) {
      return AbiStatus.BAD_ARGUMENT;
    }
    try {
      vm.memory().put32(idOut, vm.metrics().define(TYPES[type], vm.text(name, nameSize)));
      return AbiStatus.OK;
    } catch (ServiceException e) {
      return failed(vm, "proxy_define_metric", e);
    }
  }

  private static int increment(GuestVm vm, long[] arguments) {
    try {
      vm.metrics().increment((int) arguments[0], arguments[1]);
      return AbiStatus.OK;
    } catch (ServiceException e) {
      return failed(vm, "proxy_increment_metric", e);
    }
  }

  private static int record(GuestVm vm, long[] arguments) {
    try {
      vm.metrics().record((int) arguments[0], arguments[1]);
      return AbiStatus.OK;
    } catch (ServiceException e) {
      return failed(vm, "proxy_record_metric", e);
    }
  }

  private static int get(GuestVm vm, long[] arguments) {
    int valueOut = (int) arguments[1];
    if (!vm.memory().has(valueOut, 8)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    try {
      vm.memory().put64(valueOut, vm.metrics().get((int) arguments[0]));
      return AbiStatus.OK;
    } catch (ServiceException e) {
      return failed(vm, "proxy_get_metric", e);
    }
  }

  private static int failed(GuestVm vm, String call, ServiceException failure) {
    vm.logOnce(call + ": " + failure.getMessage());
    return AbiStatus.of(failure);
  }
}
