package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls out by gRPC as guests do; the test is the other side. */
class GrpcCalloutTest {
  /** Logs what each callback can read: "i", "m", "t" or "c", then the value, message or text. */
  private static final String GUEST =
      """
      (import "env" "proxy_get_header_map_value"
        (func $value (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_get_buffer_bytes"
        (func $bytes (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_get_status" (func $status (param i32 i32 i32) (result i32)))
      (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
      (data (i32.const 600) "key")
      (data (i32.const 610) "imtc")
      (func $say (param $letter i32)
        (drop (call $log (i32.const 2) (local.get $letter) (i32.const 1)))
        (drop (call $log (i32.const 2) (i32.load (i32.const 620)) (i32.load (i32.const 624)))))
      (func $map (param $map i32) (param $letter i32)
        (i32.store (i32.const 624) (i32.const 0))
        (drop (call $value (local.get $map) (i32.const 600) (i32.const 3)
          (i32.const 620) (i32.const 624)))
        (call $say (local.get $letter)))
      (func (export "proxy_on_grpc_receive_initial_metadata") (param i32 i32 i32)
        (call $map (i32.const 4) (i32.const 610)))
      (func (export "proxy_on_grpc_receive") (param $root i32) (param $id i32) (param $size i32)
        (drop (call $bytes (i32.const 5) (i32.const 0) (local.get $size)
          (i32.const 620) (i32.const 624)))
        (call $say (i32.const 611)))
      (func (export "proxy_on_grpc_receive_trailing_metadata") (param i32 i32 i32)
        (call $map (i32.const 5) (i32.const 612)))
      (func (export "proxy_on_grpc_close") (param $root i32) (param $id i32) (param $code i32)
        (drop (call $status (i32.const 628) (i32.const 620) (i32.const 624)))
        (if (i32.ne (i32.load (i32.const 628)) (local.get $code)) (then (unreachable)))
        (call $say (i32.const 613)))
      """;

  private final Peer peer = new Peer();
  private final TestPlugin plugin = TestPlugin.of(GUEST);
  private final DirectCalls calls = new DirectCalls(plugin);

  @BeforeEach
  void start() {
    plugin.services.grpc = peer;
    calls.in(plugin.filter(new FakeExchange()));
  }

  @AfterEach
  void close() {
    plugin.close();
  }

  /** Is the other side of all calls. */
  private static final class Peer implements GrpcCallouts {
    private final List<Opened> opened = new ArrayList<>();
    private @Nullable ServiceException refusal;

    private Opened last() {
      return opened.getLast();
    }

    @Override
    public Call unary(Method method, byte[] message, Duration timeout, Receiver receiver) {
      var call = open(method, receiver);
      call.done.add("timeout " + timeout.toMillis());
      call.send(message, true);
      return call;
    }

    @Override
    public Call stream(Method method, Receiver receiver) {
      return open(method, receiver);
    }

    private Opened open(Method method, Receiver receiver) {
      if (refusal != null) {
        throw refusal;
      }
      var call = new Opened(method, receiver);
      opened.add(call);
      return call;
    }
  }

  private static final class Opened implements GrpcCallouts.Call {
    private final GrpcCallouts.Method method;
    private final GrpcCallouts.Receiver receiver;
    private final List<String> done = new ArrayList<>();

    Opened(GrpcCallouts.Method method, GrpcCallouts.Receiver receiver) {
      this.method = method;
      this.receiver = receiver;
    }

    @Override
    public void send(byte[] message, boolean endOfStream) {
      if (message.length == 13) {
        throw new ServiceException(ServiceException.Reason.LIMIT, "too much waits");
      }
      var text = new String(message, StandardCharsets.UTF_8);
      done.add((endOfStream ? "last " : "send ") + text);
    }

    @Override
    public void halfClose() {
      done.add("close");
    }

    @Override
    public void cancel() {
      done.add("cancel");
    }

    void answers(String message, int status, String text) {
      receiver.onInitialMetadata(Headers.of("key", "initial"));
      receiver.onMessage(message.getBytes(StandardCharsets.UTF_8));
      receiver.onTrailingMetadata(Headers.of("key", "trailing"));
      receiver.onClose(status, text);
    }
  }

  private int unary(String upstream) {
    return calls.call(
        "proxy_grpc_call", upstream, "pkg.Service", "Method", "", "question", 250, OUT);
  }

  private int stream() {
    assertThat(calls.call("proxy_grpc_stream", "backend", "pkg.Service", "Method", "", OUT))
        .isZero();
    return calls.out(OUT);
  }

  private List<String> logged() {
    return plugin.services.lines.stream().map(line -> line.substring(5)).toList();
  }

  @Test
  void aUnaryCallThatSucceedsBringsItsMessageOnly() {
    assertThat(unary("backend")).isZero();
    assertThat(calls.out(OUT)).isNotZero();
    assertThat(peer.last().method.service()).isEqualTo("pkg.Service");
    assertThat(peer.last().method.method()).isEqualTo("Method");
    assertThat(peer.last().done).containsExactly("timeout 250", "last question");

    peer.last().answers("answer", 0, "");

    assertThat(logged()).containsExactly("m", "answer");
    assertThat(calls.call("proxy_grpc_cancel", calls.out(OUT))).isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void aUnaryCallThatFailsBringsItsStatusOnly() {
    unary("backend");
    peer.last().answers("partial", 9, "not now");
    assertThat(logged()).containsExactly("c", "not now");
  }

  @Test
  void aUnaryCallWithoutOneMessageFails() {
    unary("backend");
    peer.last().receiver.onClose(0, "");
    unary("backend");
    peer.last().receiver.onMessage(new byte[1]);
    peer.last().answers("second", 0, "");
    assertThat(logged())
        .containsExactly(
            "c", "no message (expected: one)", "c", "more than one message (expected: one)");
  }

  @Test
  void aStreamBringsEverythingInOrder() {
    int token = stream();
    assertThat(calls.call("proxy_grpc_send", token, "one", 0)).isZero();
    assertThat(calls.call("proxy_grpc_send", token, "two", 1)).isZero();
    peer.last().answers("answer", 0, "done");

    assertThat(peer.last().done).containsExactly("send one", "last two");
    assertThat(logged())
        .containsExactly("i", "initial", "m", "answer", "t", "trailing", "c", "done");
    assertThat(calls.call("proxy_grpc_send", token, "late", 0)).isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void closingAStreamSendsNoMoreAndStillReceives() {
    int token = stream();
    assertThat(calls.call("proxy_grpc_close", token)).isZero();
    peer.last().answers("answer", 0, "done");
    assertThat(peer.last().done).containsExactly("close");
    assertThat(logged()).contains("answer");
  }

  @Test
  void cancellingEndsTheCallbacks() {
    int token = stream();
    assertThat(calls.call("proxy_grpc_cancel", token)).isZero();
    peer.last().answers("answer", 0, "done");
    assertThat(peer.last().done).containsExactly("cancel");
    assertThat(logged()).isEmpty();
    assertThat(calls.call("proxy_grpc_cancel", token)).isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_grpc_close", token)).isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void theEndOfTheVmCancelsItsCalls() {
    stream();
    unary("backend");
    plugin.vm.close();
    assertThat(peer.opened).extracting(call -> call.done.getLast()).containsOnly("cancel");
    peer.last().answers("answer", 0, "done");
    assertThat(logged()).isEmpty();
  }

  @Test
  void refusesAtOnceWhatTheHostRefuses() {
    peer.refusal = new ServiceException(ServiceException.Reason.NOT_FOUND, "no such upstream");
    assertThat(unary("nowhere")).isEqualTo(AbiStatus.PARSE_FAILURE);
    peer.refusal = new ServiceException(ServiceException.Reason.NOT_GRANTED, "not granted");
    assertThat(unary("backend")).isEqualTo(AbiStatus.INTERNAL_FAILURE);
    peer.refusal = new ServiceException(ServiceException.Reason.LIMIT, "too many");
    assertThat(unary("backend")).isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(calls.out(OUT)).isZero();
    peer.refusal = null;
    int limit = TestPlugin.LIMITS.bodyBuffer();
    int at = calls.put(new byte[8]);
    assertThat(calls.call("proxy_grpc_call", "backend", "s", "m", "", at, limit, 1, OUT)).isZero();
    assertThat(calls.call("proxy_grpc_call", "backend", "s", "m", "", at, limit + 1, 1, OUT))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    int token = stream();
    assertThat(calls.call("proxy_grpc_send", token, new byte[13], 0))
        .as("too much waits to be sent")
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
  }

  @Test
  void readsTheNameOutOfASerializedService() {
    // GrpcService{envoy_grpc{cluster_name: "backend"}}
    assertThat(unary("\n\u0009\n\u0007backend")).isZero();
    assertThat(peer.last().method.upstream()).isEqualTo("backend");
    // …{cluster_name: "backend", authority: "me"} timeout{}
    assertThat(unary("\n\r\n\u0007backend\u0012\u0002me\u001a\u0000")).isZero();
    assertThat(peer.last().method.upstream()).isEqualTo("backend");
    // A length that is more than there is makes it a name.
    assertThat(unary("\n\u0009\n\u0017backend")).isZero();
    assertThat(peer.last().method.upstream()).isEqualTo("\n\u0009\n\u0017backend");
  }
}
