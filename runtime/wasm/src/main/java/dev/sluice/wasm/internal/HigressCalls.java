package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.UpstreamHost;
import java.util.Map;

/**
 * Answers the calls by which Higress' plugins choose an endpoint themselves. The figures of an
 * endpoint are Prometheus text, as there; they are what the gateway itself has counted.
 */
final class HigressCalls {
  private HigressCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_get_upstream_hosts", HostCall.Typed.of("ii", HigressCalls::hosts));
    functions.put(
        "proxy_set_upstream_override_host", HostCall.Typed.of("ii", HigressCalls::choose));
  }

  private static int hosts(GuestVm vm, long[] arguments) {
    var context = vm.active();
    var stream = context == null ? null : context.stream();
    if (stream == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var hosts = stream.exchange().upstreamHosts();
    var pairs = new Headers(hosts.size());
    for (var host : hosts) {
      pairs.addTrusted(host.address(), figures(host));
    }
    return Pairs.give(vm, pairs, (int) arguments[0], (int) arguments[1]);
  }

  private static String figures(UpstreamHost host) {
    return "sluice_endpoint_active_requests %d\nsluice_endpoint_requests_total %d\n"
            .formatted(host.active(), host.requests())
        + "sluice_endpoint_failures_total %d\n".formatted(host.failures());
  }

  private static int choose(GuestVm vm, long[] arguments) {
    int address = (int) arguments[0];
    int size = (int) arguments[1];
    if (!vm.memory().has(address, size)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var context = vm.active();
    var stream = context == null ? null : context.stream();
    return stream != null && stream.exchange().overrideUpstreamHost(vm.text(address, size))
        ? AbiStatus.OK
        : AbiStatus.BAD_ARGUMENT;
  }
}
