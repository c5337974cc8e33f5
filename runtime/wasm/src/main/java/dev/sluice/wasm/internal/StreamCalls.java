package dev.sluice.wasm.internal;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import java.util.Map;

/** Answers the calls that act on an exchange or connection as a whole. */
final class StreamCalls {
  private static final String DEFAULT_CODE = "plugin_response";
  private static final int MAX_CODE = 128;

  private StreamCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put(
        "proxy_send_local_response", HostCall.Typed.of("iiiiiiii", StreamCalls::localResponse));
    functions.put("proxy_continue_stream", HostCall.Typed.of("i", StreamCalls::resume));
    functions.put("proxy_close_stream", HostCall.Typed.of("i", StreamCalls::close));
    functions.put("proxy_set_effective_context", HostCall.Typed.of("i", StreamCalls::effective));
    functions.put("proxy_done", HostCall.Typed.of("", StreamCalls::done));
    // ABI 0.1.0; later ABIs have continue_stream and the foreign function clear_route_cache.
    functions.put("proxy_continue_request", HostCall.Typed.of("", (vm, a) -> resume(vm, 0)));
    functions.put("proxy_continue_response", HostCall.Typed.of("", (vm, a) -> resume(vm, 1)));
    functions.put("proxy_clear_route_cache", HostCall.Typed.of("", (vm, a) -> clearRouteCache(vm)));
    // Higress.
    functions.put(
        "proxy_inject_encoded_data_to_filter_chain",
        HostCall.Typed.of("iii", StreamCalls::injectResponse));
  }

  private static int localResponse(GuestVm vm, long[] arguments) {
    int status = (int) arguments[0];
    int details = (int) arguments[1];
    int detailsSize = (int) arguments[2];
    int body = (int) arguments[3];
    int bodySize = (int) arguments[4];
    int pairs = (int) arguments[5];
    int pairsSize = (int) arguments[6];
    int grpcStatus = (int) arguments[7];
    GuestMemory memory = vm.memory();
    if (!memory.has(details, detailsSize)
        || !memory.has(body, bodySize)
        || !memory.has(pairs, pairsSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var context = vm.active();
    var stream = context == null ? null : context.stream();
    Headers headers = Pairs.read(vm, pairs, pairsSize);
    if (stream == null || headers == null || status < 200 || status > 599) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (bodySize > vm.context().limits().bodyBuffer()) {
      vm.logOnce(
          "proxy_send_local_response: body of "
              + bodySize
              + " bytes (expected: at most limits.bodyBuffer, "
              + vm.context().limits().bodyBuffer()
              + ")");
      return AbiStatus.INTERNAL_FAILURE;
    }
    headers.remove(":status");
    headers.remove("content-length");
    headers.remove("transfer-encoding");
    if (bodySize > 0 && !headers.contains("content-type")) {
      headers.add("content-type", "text/plain"); // as Envoy does
    }
    String code =
        detailsSize == 0 ? DEFAULT_CODE : vm.text(details, Math.min(detailsSize, MAX_CODE));
    int grpc = grpcStatus >= 0 && grpcStatus <= 16 ? grpcStatus : -1;
    stream.answer(new LocalResponse(status, code, headers, memory.copyOf(body, bodySize), grpc));
    return AbiStatus.OK;
  }

  private static int resume(GuestVm vm, long[] arguments) {
    return resume(vm, (int) arguments[0]);
  }

  private static int resume(GuestVm vm, int stream) {
    var context = vm.active();
    return context == null || stream < 0 ? AbiStatus.BAD_ARGUMENT : context.resume(stream);
  }

  private static int close(GuestVm vm, long[] arguments) {
    int stream = (int) arguments[0];
    var context = vm.active();
    return context == null || stream < 0 ? AbiStatus.BAD_ARGUMENT : context.close(stream);
  }

  private static int effective(GuestVm vm, long[] arguments) {
    return vm.setEffective((int) arguments[0]) ? AbiStatus.OK : AbiStatus.BAD_ARGUMENT;
  }

  private static int done(GuestVm vm, long[] arguments) {
    var context = vm.active();
    return context == null ? AbiStatus.NOT_FOUND : context.root().done();
  }

  /** Makes the gateway match the route again. */
  static int clearRouteCache(GuestVm vm) {
    var context = vm.active();
    var stream = context == null ? null : context.stream();
    if (stream == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    vm.afterCall(stream.exchange()::clearRouteCache);
    return AbiStatus.OK;
  }

  private static int injectResponse(GuestVm vm, long[] arguments) {
    int data = (int) arguments[0];
    int size = (int) arguments[1];
    boolean end = arguments[2] != 0;
    if (!vm.memory().has(data, size)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    return injectResponse(vm, data, size, end);
  }

  private static int injectResponse(GuestVm vm, int data, int size, boolean end) {
    return size > vm.context().limits().bodyBuffer()
        ? AbiStatus.INTERNAL_FAILURE
        : injectResponse(vm, vm.memory().copyOf(data, size), end);
  }

  /** Sends response bytes on to the filters after this one. */
  static int injectResponse(GuestVm vm, byte[] bytes, boolean end) {
    var context = vm.active();
    var stream = context == null ? null : context.stream();
    if (stream == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (bytes.length > vm.context().limits().bodyBuffer()) {
      return AbiStatus.INTERNAL_FAILURE;
    }
    vm.afterCall(() -> stream.inject(Direction.RESPONSE, bytes, end));
    return AbiStatus.OK;
  }
}
