package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static dev.sluice.wasm.internal.DirectCalls.OUT_MORE;
import static dev.sluice.wasm.internal.DirectCalls.OUT_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.host.PluginLog;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What host functions answer. */
class HostFunctionTest {
  private static final int REQUEST = 0;
  private static final int RESPONSE = 2;

  /** Holds headers back, so that they can be changed at any time. */
  private static final String HOLDING =
      """
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 1))
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 1))
      """;

  private final FakeExchange exchange = new FakeExchange();
  private final TestPlugin plugin =
      TestPlugin.of(HOLDING, "{\"plugin\":\"configuration\"}", TestPlugin.LIMITS);
  private final DirectCalls calls = new DirectCalls(plugin);

  @BeforeEach
  void begin() {
    var filter = plugin.filter(exchange);
    filter.onRequestHeaders(exchange.request, false);
    filter.onResponseHeaders(exchange.response, false);
    calls.in(filter);
  }

  @AfterEach
  void end() {
    plugin.close();
  }

  @Test
  void readsHeaders() {
    assertThat(calls.call("proxy_get_header_map_value", REQUEST, "User-Agent", OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.OK);
    assertThat(calls.outText()).isEqualTo("test");
    assertThat(calls.call("proxy_get_header_map_value", REQUEST, "absent", OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_get_header_map_value", REQUEST, "host", OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.OK);
    assertThat(calls.outText()).isEqualTo("example.com");
    assertThat(calls.call("proxy_get_header_map_value", 1, "any", OUT, OUT_SIZE))
        .as("trailers that are not there")
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_get_header_map_value", 8, "any", OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void keepsOctetsOfHeaderValues() {
    byte[] octets = {(byte) 0xc3, (byte) 0xa9, (byte) 0xff};
    calls.call("proxy_add_header_map_value", REQUEST, "x-octets", octets);
    assertThat(exchange.request.get("x-octets")).isEqualTo("\u00c3\u00a9\u00ff");
    calls.call("proxy_get_header_map_value", REQUEST, "x-octets", OUT, OUT_SIZE);
    assertThat(calls.outBytes()).isEqualTo(octets);
  }

  @Test
  void changesHeaders() {
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, "X-A", "1")).isZero();
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, "x-a", "2")).isZero();
    assertThat(exchange.request.getAll("x-a")).containsExactly("1", "2");
    assertThat(calls.call("proxy_replace_header_map_value", REQUEST, "x-a", "3")).isZero();
    assertThat(exchange.request.getAll("x-a")).containsExactly("3");
    assertThat(calls.call("proxy_remove_header_map_value", REQUEST, "x-a")).isZero();
    assertThat(calls.call("proxy_remove_header_map_value", REQUEST, "x-a")).isZero();
    assertThat(exchange.request.contains("x-a")).isFalse();
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, "bad name", "1"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void guardsPseudoHeaders() {
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, ":path", "/new")).isZero();
    assertThat(exchange.request.getAll(":path")).containsExactly("/new");
    assertThat(calls.call("proxy_replace_header_map_value", REQUEST, "Host", "other")).isZero();
    assertThat(exchange.request.authority()).isEqualTo("other");
    assertThat(calls.call("proxy_remove_header_map_value", REQUEST, ":path"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, ":status", "200"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_add_header_map_value", REQUEST, ":nonsense", "1"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_replace_header_map_value", RESPONSE, ":status", "404")).isZero();
    assertThat(exchange.response.status()).isEqualTo(404);
    assertThat(calls.call("proxy_replace_header_map_value", RESPONSE, ":status", "20x"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void roundTripsPairs() {
    exchange.request.add("x-empty", "");
    assertThat(calls.call("proxy_get_header_map_pairs", REQUEST, OUT, OUT_SIZE)).isZero();
    byte[] pairs = calls.outBytes();
    var before = exchange.request.copy();
    assertThat(calls.call("proxy_get_header_map_size", REQUEST, OUT_MORE)).isZero();
    assertThat(calls.out(OUT_MORE)).isEqualTo(before.octets());

    assertThat(calls.call("proxy_set_header_map_pairs", REQUEST, pairs)).isZero();
    assertThat(exchange.request).hasToString(before.toString());

    assertThat(calls.call("proxy_set_header_map_pairs", REQUEST, pairs("x-only", "1"))).isZero();
    assertThat(exchange.request.path()).isEqualTo("/");
    assertThat(exchange.request.size()).isEqualTo(5);
    pairs[0] = 100;
    assertThat(calls.call("proxy_set_header_map_pairs", REQUEST, pairs))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  private static byte[] pairs(String name, String value) {
    var bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(1).putInt(name.length()).putInt(value.length());
    bytes.put(name.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    bytes.put(value.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    return java.util.Arrays.copyOf(bytes.array(), bytes.position());
  }

  @Test
  void clampsReadsOfBuffers() {
    exchange.requestBody = new FakeBody("0123456789");
    assertThat(calls.call("proxy_get_buffer_status", 0, OUT, OUT_SIZE)).isZero();
    assertThat(calls.out(OUT)).isEqualTo(10);
    assertThat(calls.call("proxy_get_buffer_bytes", 0, 3, 4, OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("3456");
    assertThat(calls.call("proxy_get_buffer_bytes", 0, 8, 0x7fffffff, OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("89");
    assertThat(calls.call("proxy_get_buffer_bytes", 0, 0, -1, OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("0123456789");
    assertThat(calls.call("proxy_get_buffer_bytes", 0, 11, 5, OUT, OUT_SIZE)).isZero();
    assertThat(calls.out(OUT_SIZE)).isZero();
    assertThat(calls.call("proxy_get_buffer_bytes", 0, -1, 2, OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_get_buffer_bytes", 1, 0, 2, OUT, OUT_SIZE)).isZero();
    assertThat(calls.out(OUT_SIZE)).isZero();
    assertThat(calls.call("proxy_get_buffer_bytes", 4, 0, 2, OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void writesBuffers() {
    var body = new FakeBody("body");
    exchange.responseBody = body;
    calls.call("proxy_set_buffer_bytes", 1, 0, 0, "<");
    calls.call("proxy_set_buffer_bytes", 1, 1000, 0, ">");
    assertThat(body.text()).isEqualTo("<body>");
    calls.call("proxy_set_buffer_bytes", 1, 0, -1, "all");
    assertThat(body.text()).isEqualTo("all");
    assertThat(calls.call("proxy_set_buffer_bytes", 1, 0, 0, new byte[65_000])).isZero();
    assertThat(calls.call("proxy_set_buffer_bytes", 1, 0, 0, new byte[1000]))
        .as("over limits.bodyBuffer")
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(calls.call("proxy_set_buffer_bytes", 7, 0, 0, "x"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void readsConfigurations() {
    calls.call("proxy_get_buffer_bytes", 7, 0, 100, OUT, OUT_SIZE);
    assertThat(calls.outText()).isEqualTo("{\"plugin\":\"configuration\"}");
    calls.call("proxy_get_buffer_bytes", 6, 0, 100, OUT, OUT_SIZE);
    assertThat(calls.outText()).isEqualTo("vm configuration");
  }

  @Test
  void readsAndWritesProperties() {
    assertThat(calls.call("proxy_get_property", "request\0path", OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("/");
    assertThat(calls.call("proxy_get_property", "request\0path\0", OUT, OUT_SIZE)).isZero();
    assertThat(calls.call("proxy_get_property", "plugin_root_id", OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("test-root");
    assertThat(calls.call("proxy_get_property", "absent", OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_set_property", "my\0own", "value")).isZero();
    assertThat(calls.call("proxy_get_property", "my\0own", OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("value");
    assertThat(calls.call("proxy_set_property", "request\0path", "x"))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
  }

  @Test
  void keepsSharedDataUnderCompareAndSet() {
    assertThat(calls.call("proxy_get_shared_data", "key", OUT, OUT_SIZE, OUT_MORE))
        .isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_set_shared_data", "key", "one", 77)).as("no value yet").isZero();
    calls.call("proxy_get_shared_data", "key", OUT, OUT_SIZE, OUT_MORE);
    int cas = calls.out(OUT_MORE);
    assertThat(calls.outText()).isEqualTo("one");
    assertThat(cas).isNotZero();
    assertThat(calls.call("proxy_set_shared_data", "key", "two", cas)).isZero();
    assertThat(calls.call("proxy_set_shared_data", "key", "three", cas))
        .isEqualTo(AbiStatus.CAS_MISMATCH);
    assertThat(calls.call("proxy_set_shared_data", "key", "four", 0)).isZero();
    assertThat(calls.call("proxy_set_shared_data", "big", new byte[5000], 0))
        .as("over limits.storeBytes")
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(calls.call("proxy_set_shared_data", "a", new byte[3900], 0)).isZero();
    assertThat(calls.call("proxy_set_shared_data", "b", new byte[100], 0))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(calls.call("proxy_set_shared_data", "a", new byte[0], 0)).isZero();
    assertThat(calls.call("proxy_set_shared_data", "b", new byte[100], 0)).isZero();
  }

  @Test
  void boundsSharedQueues() {
    assertThat(calls.call("proxy_resolve_shared_queue", "", "jobs", OUT))
        .isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_register_shared_queue", "jobs", OUT)).isZero();
    int queue = calls.out(OUT);
    assertThat(calls.call("proxy_resolve_shared_queue", "test-vm", "jobs", OUT)).isZero();
    assertThat(calls.out(OUT)).isEqualTo(queue);
    for (int i = 0; i < 4; i++) {
      assertThat(calls.call("proxy_enqueue_shared_queue", queue, "job " + i)).isZero();
    }
    assertThat(calls.call("proxy_enqueue_shared_queue", queue, "too many"))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(calls.call("proxy_dequeue_shared_queue", queue, OUT, OUT_SIZE)).isZero();
    assertThat(calls.outText()).isEqualTo("job 0");
    for (int i = 0; i < 3; i++) {
      calls.call("proxy_dequeue_shared_queue", queue, OUT, OUT_SIZE);
    }
    assertThat(calls.call("proxy_dequeue_shared_queue", queue, OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.EMPTY);
    assertThat(calls.call("proxy_dequeue_shared_queue", 99, OUT, OUT_SIZE))
        .isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void definesAndChangesMetrics() {
    assertThat(calls.call("proxy_define_metric", 0, "requests", OUT)).isZero();
    int id = calls.out(OUT);
    assertThat(calls.call("proxy_increment_metric", id, 5L)).isZero();
    assertThat(calls.call("proxy_get_metric", id, OUT)).isZero();
    assertThat(calls.outLong(OUT)).isEqualTo(5);
    assertThat(calls.call("proxy_record_metric", 99, 5L)).isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(calls.call("proxy_define_metric", 3, "x", OUT)).isEqualTo(AbiStatus.BAD_ARGUMENT);
    calls.call("proxy_define_metric", 1, "second", OUT);
    assertThat(calls.call("proxy_define_metric", 1, "third", OUT))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
  }

  @Test
  void logsAtTheLevelThatIsOn() {
    calls.call("proxy_log", 1, "debug");
    calls.call("proxy_log", 3, "warning");
    assertThat(plugin.services.lines).containsExactly("WARN warning");
    assertThat(calls.call("proxy_log", 6, "x")).isEqualTo(AbiStatus.BAD_ARGUMENT);
    plugin.services.level = PluginLog.Level.ERROR;
    calls.call("proxy_get_log_level", OUT);
    assertThat(calls.out(OUT)).isEqualTo(4);
  }

  @Test
  void setsTimersAndTellsTheTime() {
    calls.call("proxy_set_tick_period_milliseconds", 250);
    assertThat(plugin.context.tickPeriod).isEqualTo(Duration.ofMillis(250));
    calls.call("proxy_get_current_time_nanoseconds", OUT);
    assertThat(calls.outLong(OUT)).isEqualTo(1_700_000_000_000_000_000L);
  }

  @Test
  void actsOnTheStream() {
    calls.call("proxy_continue_stream", 0);
    calls.call("proxy_continue_stream", 1);
    calls.call("proxy_close_stream", 0);
    assertThat(exchange.actions)
        .containsExactly("resume " + Direction.REQUEST, "resume " + Direction.RESPONSE, "reset");
    assertThat(calls.call("proxy_continue_stream", 2)).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_set_effective_context", 12345)).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_done")).isEqualTo(AbiStatus.NOT_FOUND);
  }

  @Test
  void refusesLocalResponsesThatHttpCannotCarry() {
    assertThat(calls.call("proxy_send_local_response", 99, "", "", "", -1))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_send_local_response", 200, "", new byte[65537], "", -1))
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(
            calls.call(
                "proxy_send_local_response", 429, "", "slow", pairs("content-length", "9"), 8))
        .isZero();
    assertThat(exchange.answer().headers().contains("content-length")).isFalse();
    assertThat(exchange.answer().headers().get("content-type")).isEqualTo("text/plain");
    assertThat(exchange.answer().grpcStatus()).isEqualTo(8);
    assertThat(exchange.answer().code()).isEqualTo("plugin_response");
  }

  @Test
  void refusesCalloutsToUnknownUpstreams() {
    assertThat(calls.call("proxy_http_call", "nowhere", "", "", "", 100, OUT))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(calls.call("proxy_grpc_call", "backend", "s", "m", "", "", 100, OUT))
        .as("not granted")
        .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    assertThat(plugin.services.lines).hasSize(2);
  }

  @Test
  void answersForeignFunctions() {
    byte[] compile = wire(1, 1, (byte) 0, (byte) 0, "bad");
    assertThat(foreign("sluice.patterns.compile", compile)).isZero();
    assertThat(calls.outBytes()).startsWith(1);
    int set = GuestMemory.get32(calls.outBytes(), 1);
    assertThat(foreign("sluice.patterns.scan", wire(1, set, 0, "not bad"))).isZero();
    assertThat(calls.outBytes()).isEqualTo(wire(1, 1, 0, 4, 7));
    assertThat(foreign("sluice.patterns.open", wire(1, set))).isZero();
    int stream = GuestMemory.get32(calls.outBytes(), 1);
    assertThat(foreign("sluice.patterns.feed", wire(1, stream, "bad", (byte) 1))).isZero();
    assertThat(calls.outBytes()).isEqualTo(wire(1, 3L, 1, 0, 0L, 3L));
    assertThat(foreign("sluice.patterns.feed", wire(1, stream, "bad", (byte) 1)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sluice.patterns.close", wire(1, stream))).isZero();
    assertThat(foreign("sluice.patterns.free", wire(1, set))).isZero();
    assertThat(foreign("sluice.patterns.scan", wire(1, set, 0, "x")))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sluice.patterns.scan", wire(2, set, 0, "x")))
        .as("another version")
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sluice.unknown", wire(1))).isEqualTo(AbiStatus.NOT_FOUND);
    assertThat(foreign("sluice.host.enable", wire(1, 7))).isZero();
    assertThat(calls.outBytes()).isEqualTo(wire(1, 1));
  }

  @Test
  void echoesEveryTypeOfTheEncodingAndRefusesWhatIsCut() {
    byte[] message =
        wire(
            1,
            (byte) 200,
            -2,
            Long.MIN_VALUE,
            -0.5,
            "\0raw",
            "text",
            2,
            7,
            "",
            -1,
            "x",
            (byte) 1,
            "y");
    assertThat(foreign("sluice.host.echo", message)).isZero();
    assertThat(calls.outBytes()).isEqualTo(message);
    for (int length = 0; length < message.length; length++) {
      assertThat(foreign("sluice.host.echo", Arrays.copyOf(message, length)))
          .as("cut to %d bytes", length)
          .isEqualTo(AbiStatus.BAD_ARGUMENT);
    }
    assertThat(foreign("sluice.host.echo", Arrays.copyOf(message, message.length + 1)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    byte[] endless = wire(1, (byte) 0, 0, 0L, 0.0, "", "", Integer.MAX_VALUE);
    assertThat(foreign("sluice.host.echo", endless)).isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(plugin.services.lines.getLast()).contains("a list of 2147483647 elements");
  }

  private int foreign(String name, byte[] arguments) {
    return calls.call("proxy_call_foreign_function", name, arguments, OUT, OUT_SIZE);
  }

  private static byte[] wire(int version, Object... fields) {
    var out = new ByteArrayOutputStream();
    out.write(version);
    for (Object field : fields) {
      var bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
      switch (field) {
        case Byte number -> bytes.put(number);
        case Integer number -> bytes.putInt(number);
        case Long number -> bytes.putLong(number);
        case Double number -> bytes.putDouble(number);
        case String text -> bytes.putInt(text.length()).put(text.getBytes(StandardCharsets.UTF_8));
        default -> throw new AssertionError(field);
      }
      out.write(bytes.array(), 0, bytes.position());
    }
    return out.toByteArray();
  }

  @Test
  void answersWasi() {
    String wasi = "wasi_snapshot_preview1";
    int text = calls.put("line\n".getBytes(StandardCharsets.UTF_8));
    byte[] vector = new byte[8];
    GuestMemory.set32(vector, 0, text);
    GuestMemory.set32(vector, 4, 5);
    int vectors = calls.put(vector);
    assertThat(calls.callIn(wasi, "fd_write", 2, vectors, 1, OUT)).isZero();
    assertThat(plugin.services.lines).containsExactly("ERROR line");
    assertThat(calls.out(OUT)).isEqualTo(5);
    assertThat(calls.callIn(wasi, "fd_write", 3, vectors, 1, OUT)).isEqualTo(8);
    assertThat(calls.callIn(wasi, "environ_sizes_get", OUT, OUT_SIZE)).isZero();
    assertThat(calls.out(OUT)).isEqualTo(1);
    assertThat(calls.out(OUT_SIZE)).isEqualTo(11);
    int buffer = calls.put(new byte[32]);
    assertThat(calls.callIn(wasi, "environ_get", OUT, buffer)).isZero();
    assertThat(plugin.guest().text(calls.out(OUT), 10)).isEqualTo("NAME=value");
    assertThat(calls.callIn(wasi, "random_get", buffer, 32)).isZero();
    assertThat(calls.callIn(wasi, "clock_time_get", 0, 0L, OUT)).isZero();
    assertThat(calls.callIn(wasi, "clock_time_get", 9, 0L, OUT)).isEqualTo(58);
    assertThat(calls.callIn(wasi, "fd_prestat_get", 3, OUT)).isEqualTo(8);
    assertThat(calls.callIn(wasi, "poll_oneoff", 0, 0, 0, OUT)).isZero();
    assertThat(HostFunctions.all().get(wasi)).hasSize(45);
  }
}
