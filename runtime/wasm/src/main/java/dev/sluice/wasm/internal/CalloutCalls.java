package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Answers {@code proxy_http_call}. An unknown upstream is BadArgument, as in Envoy; one that is not
 * granted, or too many calls in flight, InternalFailure.
 */
final class CalloutCalls {
  /** For a guest that gives no timeout. */
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  private CalloutCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_http_call", HostCall.Typed.of("iiiiiiiiii", CalloutCalls::http));
  }

  private static int http(GuestVm vm, long[] arguments) {
    int upstream = (int) arguments[0];
    int upstreamSize = (int) arguments[1];
    int headers = (int) arguments[2];
    int headersSize = (int) arguments[3];
    int body = (int) arguments[4];
    int bodySize = (int) arguments[5];
    int trailers = (int) arguments[6];
    int trailersSize = (int) arguments[7];
    int tokenOut = (int) arguments[9];
    GuestMemory memory = vm.memory();
    if (!memory.has(upstream, upstreamSize)
        || !memory.has(headers, headersSize)
        || !memory.has(body, bodySize)
        || !memory.has(trailers, trailersSize)
        || !memory.put32(tokenOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    Headers requestHeaders = Pairs.read(vm, headers, headersSize);
    Headers requestTrailers = Pairs.read(vm, trailers, trailersSize);
    if (requestHeaders == null || requestTrailers == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (bodySize > vm.context().limits().bodyBuffer()) {
      return tooLarge(vm, "proxy_http_call", bodySize);
    }
    var request =
        new HttpCallouts.Request(
            vm.text(upstream, upstreamSize),
            requestHeaders,
            memory.copyOf(body, bodySize),
            requestTrailers.isEmpty() ? null : requestTrailers,
            timeout((int) arguments[8]));
    return start(
        vm,
        "proxy_http_call",
        tokenOut,
        AbiStatus.BAD_ARGUMENT,
        root -> vm.callouts().callHttp(root, request));
  }

  /**
   * Starts a call and gives its token to the guest.
   *
   * @param unknown the status for an upstream that there is not
   */
  static int start(
      GuestVm vm, String name, int tokenOut, int unknown, ToIntFunction<GuestRoot> call) {
    var context = vm.active();
    if (context == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.beginIo()) {
      return AbiStatus.INTERNAL_FAILURE;
    }
    try {
      vm.memory().put32(tokenOut, call.applyAsInt(context.root()));
      return AbiStatus.OK;
    } catch (ServiceException e) {
      vm.logOnce(name + ": " + e.getMessage());
      return e.reason() == ServiceException.Reason.NOT_FOUND ? unknown : AbiStatus.of(e);
    } finally {
      vm.endIo();
    }
  }

  static int tooLarge(GuestVm vm, String name, int size) {
    vm.logOnce(
        name
            + ": "
            + size
            + " bytes (expected: at most limits.bodyBuffer, "
            + vm.context().limits().bodyBuffer()
            + ")");
    return AbiStatus.INTERNAL_FAILURE;
  }

  static Duration timeout(int millis) {
    return millis == 0 ? DEFAULT_TIMEOUT : Duration.ofMillis(Integer.toUnsignedLong(millis));
  }
}
