package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Answers the calls that call out by HTTP and gRPC. An unknown upstream is BadArgument, as in
 * Envoy; one that is not granted, or too many calls in flight, InternalFailure.
 */
final class CalloutCalls {
  /** For a guest that gives no timeout. */
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  private CalloutCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_http_call", HostCall.Typed.of("iiiiiiiiii", CalloutCalls::http));
    functions.put("proxy_grpc_call", HostCall.Typed.of("iiiiiiiiiiii", CalloutCalls::grpcUnary));
    functions.put("proxy_grpc_stream", HostCall.Typed.of("iiiiiiiii", CalloutCalls::grpcStream));
    functions.put("proxy_grpc_send", HostCall.Typed.of("iiii", CalloutCalls::grpcSend));
    functions.put(
        "proxy_grpc_cancel",
        HostCall.Typed.of("i", (vm, a) -> vm.callouts().cancelGrpc((int) a[0])));
    functions.put(
        "proxy_grpc_close",
        HostCall.Typed.of("i", (vm, a) -> vm.callouts().cancelGrpc((int) a[0])));
    functions.put("proxy_get_status", HostCall.Typed.of("iii", CalloutCalls::grpcStatus));
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
    return start(vm, "proxy_http_call", tokenOut, root -> vm.callouts().callHttp(root, request));
  }

  private static int grpcUnary(GuestVm vm, long[] arguments) {
    int message = (int) arguments[8];
    int messageSize = (int) arguments[9];
    int tokenOut = (int) arguments[11];
    if (!methodInMemory(vm, arguments)
        || !vm.memory().has(message, messageSize)
        || !vm.memory().put32(tokenOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    Headers metadata = Pairs.read(vm, (int) arguments[6], (int) arguments[7]);
    if (metadata == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (messageSize > vm.context().limits().bodyBuffer()) {
      return tooLarge(vm, "proxy_grpc_call", messageSize);
    }
    var method = method(vm, arguments, metadata);
    byte[] bytes = vm.memory().copyOf(message, messageSize);
    Duration timeout = timeout((int) arguments[10]);
    return start(
        vm,
        "proxy_grpc_call",
        tokenOut,
        root ->
            vm.callouts()
                .callGrpc(root, to -> root.services().grpc().unary(method, bytes, timeout, to)));
  }

  private static int grpcStream(GuestVm vm, long[] arguments) {
    int tokenOut = (int) arguments[8];
    if (!methodInMemory(vm, arguments) || !vm.memory().put32(tokenOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    Headers metadata = Pairs.read(vm, (int) arguments[6], (int) arguments[7]);
    if (metadata == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var method = method(vm, arguments, metadata);
    return start(
        vm,
        "proxy_grpc_stream",
        tokenOut,
        root -> vm.callouts().callGrpc(root, to -> root.services().grpc().stream(method, to)));
  }

  private static boolean methodInMemory(GuestVm vm, long[] arguments) {
    for (int i = 0; i < 8; i += 2) {
      if (!vm.memory().has((int) arguments[i], (int) arguments[i + 1])) {
        return false;
      }
    }
    return true;
  }

  private static GrpcCallouts.Method method(GuestVm vm, long[] arguments, Headers metadata) {
    return new GrpcCallouts.Method(
        vm.text((int) arguments[0], (int) arguments[1]),
        vm.text((int) arguments[2], (int) arguments[3]),
        vm.text((int) arguments[4], (int) arguments[5]),
        metadata);
  }

  private static int grpcSend(GuestVm vm, long[] arguments) {
    int message = (int) arguments[1];
    int size = (int) arguments[2];
    boolean end = arguments[3] != 0;
    if (!vm.memory().has(message, size)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    GrpcCallouts.Call call = vm.callouts().grpc((int) arguments[0]);
    if (call == null) {
      return AbiStatus.NOT_FOUND;
    }
    if (size > vm.context().limits().bodyBuffer()) {
      return tooLarge(vm, "proxy_grpc_send", size);
    }
    byte[] bytes = vm.memory().copyOf(message, size);
    vm.afterCall(() -> call.send(bytes, end));
    return AbiStatus.OK;
  }

  private static int grpcStatus(GuestVm vm, long[] arguments) {
    int codeOut = (int) arguments[0];
    if (!vm.memory().has(codeOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    byte[] text = vm.callouts().grpcMessage().getBytes(StandardCharsets.UTF_8);
    int status = OutParameters.give(vm, text, (int) arguments[1], (int) arguments[2]);
    if (status == AbiStatus.OK) {
      vm.memory().put32(codeOut, vm.callouts().grpcStatus());
    }
    return status;
  }

  private static int start(GuestVm vm, String name, int tokenOut, ToIntFunction<GuestRoot> call) {
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
      return e.reason() == ServiceException.Reason.NOT_FOUND
          ? AbiStatus.BAD_ARGUMENT
          : AbiStatus.of(e);
    } finally {
      vm.endIo();
    }
  }

  private static int tooLarge(GuestVm vm, String name, int size) {
    vm.logOnce(
        name
            + ": "
            + size
            + " bytes (expected: at most limits.bodyBuffer, "
            + vm.context().limits().bodyBuffer()
            + ")");
    return AbiStatus.INTERNAL_FAILURE;
  }

  private static Duration timeout(int millis) {
    return millis == 0 ? DEFAULT_TIMEOUT : Duration.ofMillis(Integer.toUnsignedLong(millis));
  }
}
