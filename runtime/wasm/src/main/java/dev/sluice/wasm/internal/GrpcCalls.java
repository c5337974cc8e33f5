package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * Answers the calls that call out by gRPC. The upstream is its name, or a serialized {@code
 * envoy.config.core.v3.GrpcService} whose {@code envoy_grpc.cluster_name} is the name. An unknown
 * one is ParseFailure, as in Envoy; one that is not granted, or too many calls in flight,
 * InternalFailure.
 */
final class GrpcCalls {
  /** Field 1, length-delimited: {@code envoy_grpc} of the message, {@code cluster_name} within. */
  private static final int FIRST_FIELD = 0x0a;

  private GrpcCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_grpc_call", HostCall.Typed.of("iiiiiiiiiiii", GrpcCalls::unary));
    functions.put("proxy_grpc_stream", HostCall.Typed.of("iiiiiiiii", GrpcCalls::stream));
    functions.put("proxy_grpc_send", HostCall.Typed.of("iiii", GrpcCalls::send));
    functions.put(
        "proxy_grpc_cancel",
        HostCall.Typed.of("i", (vm, a) -> vm.callouts().cancelGrpc((int) a[0])));
    functions.put(
        "proxy_grpc_close", HostCall.Typed.of("i", (vm, a) -> vm.callouts().closeGrpc((int) a[0])));
    functions.put("proxy_get_status", HostCall.Typed.of("iii", GrpcCalls::status));
  }

  private static int unary(GuestVm vm, long[] arguments) {
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
      return CalloutCalls.tooLarge(vm, "proxy_grpc_call", messageSize);
    }
    var method = method(vm, arguments, metadata);
    byte[] bytes = vm.memory().copyOf(message, messageSize);
    Duration timeout = CalloutCalls.timeout((int) arguments[10]);
    return CalloutCalls.start(
        vm,
        "proxy_grpc_call",
        tokenOut,
        AbiStatus.PARSE_FAILURE,
        root ->
            vm.callouts()
                .callGrpc(
                    root, true, to -> root.services().grpc().unary(method, bytes, timeout, to)));
  }

  private static int stream(GuestVm vm, long[] arguments) {
    int tokenOut = (int) arguments[8];
    if (!methodInMemory(vm, arguments) || !vm.memory().put32(tokenOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    Headers metadata = Pairs.read(vm, (int) arguments[6], (int) arguments[7]);
    if (metadata == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var method = method(vm, arguments, metadata);
    return CalloutCalls.start(
        vm,
        "proxy_grpc_stream",
        tokenOut,
        AbiStatus.PARSE_FAILURE,
        root ->
            vm.callouts().callGrpc(root, false, to -> root.services().grpc().stream(method, to)));
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
        upstream(vm, (int) arguments[0], (int) arguments[1]),
        vm.text((int) arguments[2], (int) arguments[3]),
        vm.text((int) arguments[4], (int) arguments[5]),
        metadata);
  }

  private static int send(GuestVm vm, long[] arguments) {
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
      return CalloutCalls.tooLarge(vm, "proxy_grpc_send", size);
    }
    try {
      call.send(vm.memory().copyOf(message, size), end);
      return AbiStatus.OK;
    } catch (ServiceException e) {
      vm.logOnce("proxy_grpc_send: " + e.getMessage());
      return AbiStatus.of(e);
    }
  }

  private static int status(GuestVm vm, long[] arguments) {
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

  private static String upstream(GuestVm vm, int address, int size) {
    byte[] bytes = vm.memory().copyOf(address, size);
    int inner = field(bytes, 0, size);
    int name = inner < 0 ? -1 : field(bytes, inner, size);
    return name < 0
        ? vm.text(address, size)
        : new String(bytes, name, bytes[name - 1], StandardCharsets.UTF_8);
  }

  /**
   * Returns where the content of the first field begins, or -1 when there is none of less than 128
   * bytes. A name that is text cannot begin with a line feed.
   */
  private static int field(byte[] bytes, int at, int end) {
    boolean fits = end - at >= 2 && bytes[at] == FIRST_FIELD && bytes[at + 1] >= 0;
    return fits && bytes[at + 1] <= end - at - 2 ? at + 2 : -1;
  }
}
