package dev.sluice.wasm.internal;

import java.util.Map;

/**
 * Answers the imports that Higress adds to the ABI and that need services this gateway does not
 * offer: Redis, the endpoints of an upstream. Every Go plugin of Higress imports them, few call
 * them; a call is Unimplemented and logged once.
 */
final class HigressCalls {
  private HigressCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_redis_init", absent("proxy_redis_init", "iiiiiii"));
    functions.put("proxy_redis_call", absent("proxy_redis_call", "iiiii"));
    functions.put("proxy_get_upstream_hosts", absent("proxy_get_upstream_hosts", "ii"));
    functions.put(
        "proxy_set_upstream_override_host", absent("proxy_set_upstream_override_host", "ii"));
  }

  private static HostCall.Typed absent(String name, String parameters) {
    return HostCall.Typed.of(
        parameters,
        (vm, arguments) -> {
          vm.logOnce(name + " was called, which this gateway does not have");
          return AbiStatus.UNIMPLEMENTED;
        });
  }
}
