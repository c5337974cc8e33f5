package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.RedisCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Holds the HTTP, gRPC and Redis calls of a VM in flight, and what the callback that is running may
 * read of an answer. Answers go to the root context, whichever stream asked (proxy-wasm, {@code
 * proxy_http_call}). Belongs to the VM's thread.
 */
final class Callouts {
  private static final int GRPC_INITIAL_METADATA = 4;
  private static final int GRPC_TRAILING_METADATA = 5;
  private static final int HTTP_HEADERS = 6;
  private static final int HTTP_TRAILERS = 7;
  private static final int HTTP_BODY = 4;
  private static final int GRPC_MESSAGE = 5;
  private static final int REDIS_REPLY = 9;

  /** The status that Higress gives for a command without a reply. */
  private static final int REDIS_FAILED = 1;

  /** The gRPC status of a call that broke its own rules. */
  private static final int INTERNAL = 13;

  private final GuestVm vm;
  private final Map<Integer, Cancellable> http = new HashMap<>();
  private final Map<Integer, Cancellable> redis = new HashMap<>();
  private final Map<Integer, GrpcCallouts.Call> grpc = new HashMap<>();
  private final Set<Integer> unary = new HashSet<>();
  private int lastToken;

  private HttpCallouts.@Nullable Response response;
  private @Nullable Headers initialMetadata;
  private @Nullable Headers trailingMetadata;
  private byte @Nullable [] message;
  private byte @Nullable [] reply;
  private int grpcStatus;
  private String grpcMessage = "";

  Callouts(GuestVm vm) {
    this.vm = vm;
  }

  /**
   * Starts an HTTP call and returns its token.
   *
   * @throws ServiceException as {@link HttpCallouts#call}
   */
  int callHttp(GuestRoot root, HttpCallouts.Request request) {
    int token = nextToken();
    var call =
        root.services()
            .http()
            .call(
                request,
                Completion.of(
                    answer -> onHttp(root, token, answer), error -> onHttp(root, token, null)));
    http.put(token, call);
    return token;
  }

  private void onHttp(GuestRoot root, int token, HttpCallouts.@Nullable Response answer) {
    if (http.remove(token) == null || !vm.isAlive() || root.isDeleted()) {
      return;
    }
    if (!vm.has(GuestExport.HTTP_CALL_RESPONSE)) {
      return;
    }
    response = answer;
    vm.enter(vm.callLimit());
    try {
      vm.call(
          root,
          GuestExport.HTTP_CALL_RESPONSE,
          root.id(),
          token,
          answer == null ? 0 : answer.headers().size(),
          answer == null ? 0 : answer.body().length,
          answer == null ? 0 : answer.trailers().size());
    } finally {
      response = null;
      vm.leave();
    }
  }

  /**
   * Starts a gRPC call and returns its token.
   *
   * @param unary whether the guest gets one callback only: the message when the call succeeds, else
   *     the close (as in Envoy)
   * @throws ServiceException as {@link GrpcCallouts#unary}
   */
  int callGrpc(
      GuestRoot root, boolean unary, Function<GrpcCallouts.Receiver, GrpcCallouts.Call> start) {
    int token = nextToken();
    grpc.put(
        token,
        start.apply(unary ? new UnaryReceiver(root, token) : new StreamReceiver(root, token)));
    return token;
  }

  /**
   * Sends a command to Redis and returns its token.
   *
   * @throws ServiceException as {@link RedisCallouts#call}
   */
  int callRedis(GuestRoot root, String upstream, byte[] command) {
    int token = nextToken();
    var call =
        root.services()
            .redis()
            .call(
                upstream,
                command,
                Completion.of(
                    answer -> onRedis(root, token, answer), error -> onRedis(root, token, null)));
    redis.put(token, call);
    return token;
  }

  private void onRedis(GuestRoot root, int token, byte @Nullable [] answer) {
    boolean wanted = redis.remove(token) != null && vm.isAlive() && !root.isDeleted();
    if (!wanted || !vm.has(GuestExport.REDIS_CALL_RESPONSE)) {
      return;
    }
    reply = answer;
    vm.enter(vm.callLimit());
    try {
      int size = answer == null ? 0 : answer.length;
      int status = answer == null ? REDIS_FAILED : 0;
      vm.call(root, GuestExport.REDIS_CALL_RESPONSE, root.id(), token, status, size, 0);
    } finally {
      reply = null;
      vm.leave();
    }
  }

  /** Returns a gRPC call in flight, or null. */
  GrpcCallouts.@Nullable Call grpc(int token) {
    return grpc.get(token);
  }

  /** Gives a gRPC call up, without a further callback. */
  int cancelGrpc(int token) {
    var call = grpc.remove(token);
    unary.remove(token);
    if (call == null) {
      return AbiStatus.NOT_FOUND;
    }
    vm.afterCall(call::cancel);
    return AbiStatus.OK;
  }

  /** Sends no more on a stream; a unary call is given up, as there is nothing left to send. */
  int closeGrpc(int token) {
    var call = grpc.get(token);
    if (call == null) {
      return AbiStatus.NOT_FOUND;
    }
    if (unary.contains(token)) {
      return cancelGrpc(token);
    }
    call.halfClose();
    return AbiStatus.OK;
  }

  /** Ends everything in flight. */
  void cancelAll() {
    var calls = List.copyOf(http.values());
    var redisCalls = List.copyOf(redis.values());
    var grpcCalls = List.copyOf(grpc.values());
    http.clear();
    redis.clear();
    grpc.clear();
    unary.clear();
    calls.forEach(Cancellable::cancel);
    redisCalls.forEach(Cancellable::cancel);
    grpcCalls.forEach(Cancellable::cancel);
  }

  /** Returns map 4 to 7 of the ABI, or null outside its callback. */
  @Nullable Headers headers(int map) {
    var answer = response;
    return switch (map) {
      case GRPC_INITIAL_METADATA -> initialMetadata;
      case GRPC_TRAILING_METADATA -> trailingMetadata;
      case HTTP_HEADERS -> answer == null ? null : answer.headers();
      case HTTP_TRAILERS ->
          answer == null || answer.trailers().isEmpty() ? null : answer.trailers();
      default -> null;
    };
  }

  /** Returns buffer 4, 5 or (Higress) 9 of the ABI, or null outside its callback. */
  byte @Nullable [] bytes(int buffer) {
    var answer = response;
    return switch (buffer) {
      case HTTP_BODY -> answer == null ? null : answer.body();
      case GRPC_MESSAGE -> message;
      case REDIS_REPLY -> reply;
      default -> null;
    };
  }

  /** Returns the status of the gRPC call that closed last. */
  int grpcStatus() {
    return grpcStatus;
  }

  /** Returns the message of the gRPC call that closed last. */
  String grpcMessage() {
    return grpcMessage;
  }

  private int nextToken() {
    lastToken = lastToken == Integer.MAX_VALUE ? 1 : lastToken + 1;
    return lastToken;
  }

  private void onMessage(GuestRoot root, int token, byte[] received) {
    message = received;
    callback(root, token, GuestExport.GRPC_MESSAGE, received.length);
    message = null;
  }

  private void onClose(GuestRoot root, int token, int status, String text) {
    grpcStatus = status;
    grpcMessage = text;
    callback(root, token, GuestExport.GRPC_CLOSE, status);
  }

  private void callback(GuestRoot root, int token, GuestExport export, int argument) {
    if (grpc.containsKey(token) && vm.isAlive() && !root.isDeleted()) {
      root.callback(export, token, argument);
    }
  }

  /** Passes on what a stream brings. */
  private final class StreamReceiver implements GrpcCallouts.Receiver {
    private final GuestRoot root;
    private final int token;

    StreamReceiver(GuestRoot root, int token) {
      this.root = root;
      this.token = token;
    }

    @Override
    public void onInitialMetadata(Headers metadata) {
      initialMetadata = metadata;
      callback(root, token, GuestExport.GRPC_INITIAL_METADATA, metadata.size());
      initialMetadata = null;
    }

    @Override
    public void onMessage(byte[] received) {
      Callouts.this.onMessage(root, token, received);
    }

    @Override
    public void onTrailingMetadata(Headers metadata) {
      trailingMetadata = metadata;
      callback(root, token, GuestExport.GRPC_TRAILING_METADATA, metadata.size());
      trailingMetadata = null;
    }

    @Override
    public void onClose(int status, String text) {
      Callouts.this.onClose(root, token, status, text);
      grpc.remove(token);
    }
  }

  /** Passes on the one message of a call that succeeded, or how it failed. */
  private final class UnaryReceiver implements GrpcCallouts.Receiver {
    private final GuestRoot root;
    private final int token;
    private byte @Nullable [] answer;
    private boolean several;

    UnaryReceiver(GuestRoot root, int token) {
      this.root = root;
      this.token = token;
      unary.add(token);
    }

    @Override
    public void onInitialMetadata(Headers metadata) {}

    @Override
    public void onMessage(byte[] received) {
      several = answer != null;
      answer = received;
    }

    @Override
    public void onTrailingMetadata(Headers metadata) {}

    @Override
    public void onClose(int status, String text) {
      var received = answer;
      if (status != 0) {
        Callouts.this.onClose(root, token, status, text);
      } else if (received == null || several) {
        var what = received == null ? "no message" : "more than one message";
        Callouts.this.onClose(root, token, INTERNAL, what + " (expected: one)");
      } else {
        Callouts.this.onMessage(root, token, received);
      }
      grpc.remove(token);
      unary.remove(token);
    }
  }
}
