package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.TextSegment;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends damaged requests and responses, cut at chance. Nothing but an {@link AiFormatException} may
 * come of them, and Jackson must agree on what is JSON. {@code -Dsluice.full=true} tries fifty
 * times as many, {@code -Dsluice.seed=N} repeats a run.
 */
class AiFuzzTest {
  private static final int TRIES = Boolean.getBoolean("sluice.full") ? 50_000 : 1_000;
  private static final long SEED = Long.getLong("sluice.seed", System.nanoTime());
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\\u00",
    "\\ud83d",
    "null",
    "true",
    "1e5",
    "-",
    "0",
    "\u00fc",
    "\ud83d\ude00",
    " ",
    "\n",
    "\r",
    "data:",
    "data: [DONE]\n\n",
    "event: error\n",
    "\n\n",
    "\"text\":",
    "\"content\":null",
    "{}",
    "[]",
    "\"\"",
    "9999999999999999999",
    "\"index\":-1"
  };
  private static final JsonMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final AiLimits LIMITS = new AiLimits(1 << 20, 100_000, 200, 100);

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 2; i--) {
      int at = random.nextInt(bytes.length);
      int end = Math.min(bytes.length, at + random.nextInt(12));
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> {
              bytes[at] = (byte) random.nextInt(256);
              yield bytes;
            }
            case 1 -> with(bytes, at, end, new byte[0]);
            case 2 -> with(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
            case 3, 4 ->
                with(bytes, at, end, PIECES[random.nextInt(PIECES.length)].getBytes(UTF_8));
            default -> Arrays.copyOf(bytes, at + 1);
          };
    }
    return bytes;
  }

  private static byte[] with(byte[] bytes, int from, int to, byte[] other) {
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.writeBytes(other);
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }

  private static int[] cuts(int length, Random random) {
    return random.ints(random.nextInt(5), 0, length + 1).sorted().toArray();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai.chat",
        "openai.completions",
        "openai.responses",
        "openai.embeddings",
        "anthropic.messages",
        "gemini.generateContent"
      })
  void readsRequestsAsJacksonDoesAndFailsClearly(String protocol) {
    byte[] whole = Wire.file(protocol + ".request.json");
    int read = 0;
    for (int i = 0; i < TRIES; i++) {
      long seed = SEED + i;
      var random = new Random(seed);
      byte[] bytes = damaged(whole, random);
      try {
        AiCall call = Wire.call(Wire.path(protocol), bytes, LIMITS, cuts(bytes.length, random));
        read++;
        assertThat(call.body()).isEqualTo(bytes);
        // Half of a surrogate pair is JSON, though Jackson does not take it.
        assertThat(json(bytes) != null || hasLoneSurrogate(bytes)).isTrue();
        edit(call, random);
        translate(call);
      } catch (AiFormatException e) {
        if (e.kind() == AiFormatException.Kind.MALFORMED
            && String.valueOf(e.getMessage()).startsWith("JSON")) {
          assertThat(isUtf8(bytes) && json(bytes) != null && !hasLoneSurrogate(bytes))
              .as("refused by \"%s\": %s", e.getMessage(), Wire.text(bytes))
              .isFalse();
        }
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + Wire.text(bytes), e);
      }
    }
    assertThat(read).as("damaged requests that are JSON still").isPositive();
  }

  private static boolean hasLoneSurrogate(byte[] bytes) {
    return Wire.text(bytes).contains("\\ud") || Wire.text(bytes).contains("\\uD");
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static @Nullable JsonNode json(byte[] bytes) {
    try {
      JsonNode node = STRICT.readTree(bytes);
      return node.isMissingNode() ? null : node;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static void edit(AiCall call, Random random) {
    List<TextSegment> segments = call.segments();
    for (int i = 0; i < Math.min(3, segments.size()); i++) {
      TextSegment segment = call.segments().get(random.nextInt(segments.size()));
      call.replace(segment, "an \"other\" \u0001 \u00fc");
    }
    assertThat(json(call.body()) != null || hasLoneSurrogate(call.body())).isTrue();
  }

  private static void translate(AiCall call) {
    for (AiFormat format : AiFormat.values()) {
      try {
        byte[] body = call.forProvider(call.protocolAt(format), "m").body();
        assertThat(json(body) != null || hasLoneSurrogate(body)).as("for %s", format).isTrue();
      } catch (AiFormatException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"openai.chat", "openai.responses", "anthropic.messages", "gemini.generateContent"})
  void readsDamagedResponses(String provider) {
    String[] clients = {
      "openai.chat", "openai.responses", "anthropic.messages", "gemini.generateContent"
    };
    for (int i = 0; i < TRIES; i++) {
      long seed = SEED + i;
      var random = new Random(seed);
      boolean stream = random.nextInt(4) > 0;
      byte[] whole = Wire.file(provider + ".reply." + (stream ? "sse" : "json"));
      byte[] bytes = damaged(whole, random);
      String client =
          provider.equals("openai.responses") ? provider : clients[random.nextInt(clients.length)];
      if (client.equals("openai.responses") && provider.equals("openai.chat")) {
        client = provider;
      }
      int status = random.nextInt(10) == 0 ? 500 : 200;
      try {
        lead(client, provider, stream, status, bytes, random);
      } catch (AiFormatException e) {
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", " + provider + " to " + client + ": " + Wire.text(bytes), e);
      }
    }
  }

  private static void lead(
      String client, String provider, boolean stream, int status, byte[] bytes, Random random) {
    AiCall call = AiReplySplitTest.call(client, stream);
    ProviderRequest asked =
        call.forProvider(call.protocolAt(AiReplySplitTest.format(provider)), "m");
    String type = stream && status == 200 ? "text/event-stream" : "application/json";
    var reply = new AiReply(call, asked, status, type, LIMITS);
    boolean plugin = random.nextBoolean();
    Wire.Result result =
        Wire.lead(
            reply,
            bytes,
            event -> plugin && event instanceof AiEvent.TextDelta t && stream ? masked(t) : null,
            cuts(bytes.length, random));
    assertThat(result.bytes().length).isLessThan(20 * bytes.length + 4_096);
    if (stream && status == 200) {
      assertThat(reply.complete() || reply.error() != null).as("an end that is told").isTrue();
    }
  }

  private static List<AiEvent> masked(AiEvent.TextDelta delta) {
    return List.of(new AiEvent.TextDelta(delta.choice(), delta.place(), "***"));
  }
}
