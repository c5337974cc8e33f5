package dev.sluice.wasm.internal;

import static dev.sluice.wasm.internal.DirectCalls.OUT;
import static dev.sluice.wasm.internal.DirectCalls.OUT_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls asynchronous services as guests do; the test answers. */
class AsyncServiceTest {
  /** Keeps where the answer is (at 620), the call id (628), and where a request header is (632). */
  private static final String GUEST =
      """
      (import "env" "proxy_get_buffer_bytes"
        (func $bytes (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_get_header_map_value"
        (func $header (param i32 i32 i32 i32 i32) (result i32)))
      (data (i32.const 600) "x-who")
      (func (export "proxy_on_foreign_function") (param $root i32) (param $id i32) (param $size i32)
        (i32.store (i32.const 628) (local.get $id))
        (drop (call $bytes (i32.const 8) (i32.const 0) (local.get $size)
          (i32.const 620) (i32.const 624)))
        (drop (call $header (i32.const 0) (i32.const 600) (i32.const 5)
          (i32.const 632) (i32.const 636))))
      """;

  private final TestPlugin plugin = TestPlugin.of(GUEST);
  private final DirectCalls calls = new DirectCalls(plugin);
  private final FakeExchange exchange = new FakeExchange();
  private final HttpFilter filter = plugin.filter(exchange);
  private final List<String> asked = new ArrayList<>();
  private @Nullable Completion<?> completion;

  @BeforeEach
  void start() {
    calls.in(filter);
    plugin.services.tokens =
        (model, text, then) -> {
          asked.add("count " + model + " " + text);
          completion = then;
        };
    plugin.services.embed = new FakeEmbedder();
    plugin.services.vectors = new FakeVectors();
  }

  @AfterEach
  void close() {
    plugin.close();
  }

  /** Remembers what it is asked. */
  private final class FakeEmbedder implements Embedder {
    @Override
    public String model() {
      return "tiny";
    }

    @Override
    public int dimensions() {
      return 2;
    }

    @Override
    public void embed(List<String> texts, Completion<List<float[]>> then) {
      asked.add("embed " + texts);
      completion = then;
    }
  }

  /** Remembers what it is asked. */
  private final class FakeVectors implements Vectors {
    @Override
    public void upsert(String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> c) {
      asked.add(
          "upsert %s %s %s %s %s %s"
              .formatted(
                  namespace,
                  item.key(),
                  item.vector()[1],
                  new String(item.value(), StandardCharsets.UTF_8),
                  item.attributes(),
                  ttl));
      completion = c;
    }

    @Override
    public void search(String namespace, Query query, Completion<List<Hit>> c) {
      asked.add(
          "search %s %s %s %s %s"
              .formatted(
                  namespace, query.vector()[0], query.k(), query.minScore(), query.filter()));
      completion = c;
    }

    @Override
    public void delete(String namespace, String key, Completion<Boolean> c) {
      asked.add("delete " + namespace + " " + key);
      completion = c;
    }

    @Override
    public void deleteWhere(String namespace, Map<String, String> filter, Completion<Long> c) {
      asked.add("deleteWhere " + namespace + " " + filter);
      completion = c;
    }
  }

  @Test
  void countsTokens() {
    int id = started("sluice.tokens.count", Wire.of("gpt-4o", "hi \u00e4"));
    assertThat(asked).containsExactly("count gpt-4o hi \u00e4");

    answer(5_000_000_000L);

    assertThat(answeredCall()).isEqualTo(id);
    assertThat(answered()).isEqualTo(Wire.of(0, 5_000_000_000L));
  }

  @Test
  void actsOnTheStreamThatAskedWhileItAnswers() {
    exchange.requestHeaders().set("x-who", "the one that asked");
    var other = new FakeExchange();
    other.requestHeaders().set("x-who", "another");
    started("sluice.tokens.count", Wire.of("m", "t"));
    calls.in(plugin.filter(other));

    answer(1L);

    assertThat(new String(kept(632), StandardCharsets.UTF_8)).isEqualTo("the one that asked");
  }

  @Test
  void embedsTexts() {
    assertThat(foreign("sluice.embed.model", Wire.of())).isZero();
    assertThat(calls.outBytes()).isEqualTo(Wire.of("tiny", 2));

    started("sluice.embed.embed", Wire.of(2, "a", "b"));
    answer(List.of(new float[] {1, -0.5f}, new float[] {0, 2}));

    assertThat(asked).containsExactly("embed [a, b]");
    assertThat(answered()).isEqualTo(Wire.of(0, 2, Wire.vector(1, -0.5f), Wire.vector(0, 2)));
  }

  @Test
  void storesFindsAndDeletesVectors() {
    byte[] vector = Wire.vector(1, 0.5f);
    started(
        "sluice.vectors.upsert",
        Wire.of("n", "k", vector, "value", 1, "model", "x", (byte) 1, 1500L));
    answer(true);
    assertThat(answered()).isEqualTo(Wire.of(0, (byte) 1));
    started("sluice.vectors.upsert", Wire.of("n", "k", vector, "", 0, (byte) 0));
    answer(false);
    started("sluice.vectors.search", Wire.of("n", vector, 3, 0.75, 1, "model", "x"));
    answer(
        List.of(
            new Vectors.Hit(
                "k", 0.9, "value".getBytes(StandardCharsets.UTF_8), Map.of("model", "x"))));
    assertThat(answered()).isEqualTo(Wire.of(0, 1, "k", 0.9, "value", 1, "model", "x"));
    started("sluice.vectors.delete", Wire.of("n", "k"));
    answer(true);
    started("sluice.vectors.deleteWhere", Wire.of("n", 0));
    answer(7L);

    assertThat(answered()).isEqualTo(Wire.of(0, 7L));
    assertThat(asked)
        .containsExactly(
            "upsert n k 0.5 value {model=x} PT1.5S",
            "upsert n k 0.5  {} null",
            "search n 1.0 3 0.75 {model=x}",
            "delete n k",
            "deleteWhere n {}");
  }

  @Test
  void answersTheStatusOfAFailure() {
    started("sluice.tokens.count", Wire.of("m", "t"));
    fail(Reason.BAD_ARGUMENT);
    assertThat(answered()).isEqualTo(Wire.of(AbiStatus.BAD_ARGUMENT));

    started("sluice.tokens.count", Wire.of("m", "t"));
    fail(Reason.TIMEOUT);
    assertThat(answered()).isEqualTo(Wire.of(AbiStatus.INTERNAL_FAILURE));
    assertThat(plugin.services.lines).anyMatch(line -> line.contains("because TIMEOUT"));
  }

  @Test
  void dropsTheAnswerForAStreamThatIsGone() {
    started("sluice.tokens.count", Wire.of("m", "t"));
    filter.onDestroy();

    answer(1L);

    assertThat(answeredCall()).isZero();
  }

  @Test
  void dropsTheAnswerForAVmThatIsGone() {
    started("sluice.tokens.count", Wire.of("m", "t"));
    plugin.vm.close();

    assertThatCode(() -> answer(1L)).doesNotThrowAnyException();
  }

  @Test
  void refusesAtOnceWhatWasNotGranted() {
    plugin.services.tokens = null;
    plugin.services.embed = null;
    plugin.services.vectors = null;

    for (var call :
        Map.of(
                "sluice.tokens.count", Wire.of("m", "t"),
                "sluice.embed.model", Wire.of(),
                "sluice.embed.embed", Wire.of(1, "t"),
                "sluice.vectors.delete", Wire.of("n", "k"))
            .entrySet()) {
      assertThat(foreign(call.getKey(), call.getValue()))
          .as(call.getKey())
          .isEqualTo(AbiStatus.INTERNAL_FAILURE);
    }
    assertThat(plugin.services.lines)
        .anyMatch(line -> line.contains("sluice.tokens.count: not granted"));
  }

  @Test
  void refusesArgumentsThatCannotBeRead() {
    assertThat(foreign("sluice.vectors.search", Wire.of("n", new byte[6], 3, 0.75, 0)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(plugin.services.lines.getLast())
        .contains("a vector of 6 bytes (expected: 4 for each dimension)");
    assertThat(foreign("sluice.vectors.deleteWhere", Wire.of("n", 2, "a", "1", "a", "2")))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(foreign("sluice.embed.embed", Wire.of(Integer.MAX_VALUE)))
        .isEqualTo(AbiStatus.BAD_ARGUMENT);
    assertThat(asked).isEmpty();
  }

  @Test
  void boundsTheCallsThatWait() {
    for (int i = 0; i < AsyncAnswers.MAX_CALLS; i++) {
      assertThat(withoutAnswer()).isZero();
    }
    assertThat(withoutAnswer()).isEqualTo(AbiStatus.INTERNAL_FAILURE);
    answer(1L);
    assertThat(withoutAnswer()).isZero();
  }

  /** Calls without keeping the call id: the guest's allocator never frees. */
  private int withoutAnswer() {
    var fresh = new DirectCalls(plugin);
    fresh.in(filter);
    byte[] arguments = Wire.of("m", "t");
    return fresh.call("proxy_call_foreign_function", "sluice.tokens.count", arguments, 0, 0);
  }

  private int started(String name, byte[] arguments) {
    assertThat(foreign(name, arguments)).isZero();
    assertThat(calls.outBytes()).hasSize(5).startsWith(1);
    return GuestMemory.get32(calls.outBytes(), 1);
  }

  private int foreign(String name, byte[] arguments) {
    return calls.call("proxy_call_foreign_function", name, arguments, OUT, OUT_SIZE);
  }

  @SuppressWarnings("unchecked")
  private void answer(Object value) {
    ((Completion<Object>) Objects.requireNonNull(completion)).succeeded(value);
  }

  private void fail(Reason reason) {
    Objects.requireNonNull(completion).failed(new ServiceException(reason, "because " + reason));
  }

  private byte[] answered() {
    return kept(620);
  }

  private byte[] kept(int at) {
    var memory = plugin.guest().memory();
    return memory.copyOf(
        GuestMemory.get32(memory.bytes(), at), GuestMemory.get32(memory.bytes(), at + 4));
  }

  private int answeredCall() {
    return GuestMemory.get32(plugin.guest().memory().bytes(), 628);
  }
}
