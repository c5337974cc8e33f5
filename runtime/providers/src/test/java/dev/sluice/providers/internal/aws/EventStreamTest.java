package dev.sluice.providers.internal.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ai.AiFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads event streams that botocore reads, cut anywhere, and what Bedrock puts into them. */
class EventStreamTest {
  private static final int LONGEST = 1 << 20;

  private static List<EventMessage> read(byte[] bytes, int... cuts) {
    var reader = new EventStreamReader(LONGEST);
    var messages = new ArrayList<EventMessage>();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : bytes.length;
      reader.feed(bytes, from, to - from);
      for (var message = reader.next(); message != null; message = reader.next()) {
        messages.add(message);
      }
      from = to;
    }
    assertThat(reader.isInside()).isFalse();
    return messages;
  }

  private static void same(List<EventMessage> read, JsonNode expected) {
    assertThat(read).hasSize(expected.size());
    for (int i = 0; i < read.size(); i++) {
      var message = expected.get(i);
      assertThat(read.get(i).payload())
          .isEqualTo(Base64.getDecoder().decode(message.path("payload").asString()));
      var headers = read.get(i).headers();
      assertThat(headers).hasSize(message.path("headers").size());
      message
          .path("headers")
          .properties()
          .forEach(h -> assertThat(headers).containsEntry(h.getKey(), h.getValue().asString()));
    }
  }

  @Test
  void readsWhatBotocoreReadsHoweverItIsCut() throws IOException {
    try (var vectors = EventStreamTest.class.getResourceAsStream("eventstream.json")) {
      for (var vector : JsonMapper.shared().readTree(vectors)) {
        var bytes = Base64.getDecoder().decode(vector.path("encoded").asString());
        same(read(bytes), vector.path("messages"));
        for (int cut = 0; cut <= bytes.length; cut++) {
          same(read(bytes, cut), vector.path("messages"));
        }
        same(read(bytes, every(bytes.length)), vector.path("messages"));
      }
    }
  }

  private static int[] every(int length) {
    var cuts = new int[length];
    Arrays.setAll(cuts, i -> i);
    return cuts;
  }

  @Test
  void refusesEveryFlippedBit() {
    var good = Frames.event("chunk", "{\"bytes\":\"e30=\"}");
    for (int bit = 0; bit < good.length * 8; bit++) {
      var bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      // A longer length would wait for bytes that never come, were it not for its own checksum.
      assertThatThrownBy(() -> read(bad)).as("bit " + bit).isInstanceOf(AiFormatException.class);
    }
  }

  @Test
  void refusesAMessageThatIsTooLongBeforeItComes() {
    var reader = new EventStreamReader(100);
    var start = Arrays.copyOf(Frames.event("chunk", "x".repeat(1000)), 12);

    assertThatThrownBy(() -> reader.feed(start, 0, 12))
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("expected: up to 100");
  }

  @Test
  void survivesNoise() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      var noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      var reader = new EventStreamReader(LONGEST);
      try {
        reader.feed(noise, 0, noise.length);
      } catch (AiFormatException e) {
        assertThat(e).as("seed " + seed).hasMessageStartingWith("event stream:");
      }
    }
  }

  private static String all(InvokeReply reply, byte[] bytes) {
    return new String(reply.feed(bytes, 0, bytes.length), UTF_8) + new String(reply.end(), UTF_8);
  }

  private static InvokeReply stream() {
    return new InvokeReply(200, InvokeReply.STREAM, LONGEST);
  }

  @Test
  void makesServerSentEventsOfChunks() {
    var start = "{\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}";
    var delta = "{\"delta\":{\"text\":\"hé\"},\n\"type\":\"content_block_delta\"}";

    var events = all(stream(), Frames.join(Frames.chunk(start), Frames.chunk(delta)));

    assertThat(events)
        .isEqualTo(
            "event: message_start\ndata: "
                + start
                + "\n\nevent: content_block_delta\ndata: "
                + delta.replace('\n', ' ')
                + "\n\n");
    assertThat(stream().contentType()).isEqualTo("text/event-stream");
  }

  @Test
  void makesErrorsOfExceptions() {
    var bytes = Frames.exception("throttlingException", "{\"message\":\"Too \\\"many\\\"\"}");

    assertThat(all(stream(), bytes))
        .isEqualTo(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                + "\"message\":\"Too \\\"many\\\"\"}}\n\n");
  }

  @Test
  void makesAnthropicErrorsOfBedrockErrors() {
    var reply = new InvokeReply(403, "application/json", LONGEST);

    assertThat(all(reply, "{\"Message\":\"no access\"}".getBytes(UTF_8)))
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"permission_error\",\"message\":\"no"
                + " access\"}}");
    assertThat(reply.contentType()).isEqualTo("application/json");
    assertThat(all(new InvokeReply(503, null, LONGEST), "<html>".getBytes(UTF_8)))
        .contains("overloaded_error");
  }

  @Test
  void passesWholeAnswersOn() {
    var reply = new InvokeReply(200, "application/json", LONGEST);

    assertThat(all(reply, "{\"id\":\"m\"}".getBytes(UTF_8))).isEqualTo("{\"id\":\"m\"}");
    assertThat(reply.contentType()).isNull();
  }

  @Test
  void refusesAStreamThatEndsInsideAMessage() {
    var reply = stream();
    var bytes = Frames.chunk("{\"type\":\"ping\"}");
    reply.feed(bytes, 0, bytes.length - 1);

    assertThatThrownBy(reply::end)
        .isInstanceOf(AiFormatException.class)
        .hasMessageContaining("ends inside a message");
  }

  @Test
  void movesTheModelAndTheStreamOutOfTheBody() {
    var body =
        "{ \"model\" : \"claude\",\"max_tokens\":10 ,"
            + " \"stream\":true,\"x\":{\"model\":[1e400,\"\\u00e9é\"]}}";

    assertThat(new String(InvokeBody.of(body.getBytes(UTF_8), List.of()), UTF_8))
        .isEqualTo(
            "{\"max_tokens\":10,\"x\":{\"model\":[1e400,\"\\u00e9é\"]},"
                + "\"anthropic_version\":\"bedrock-2023-05-31\"}");
    assertThat(
            new String(
                InvokeBody.of(
                    "{\"anthropic_version\":\"v\",\"model\":\"m\"}".getBytes(UTF_8),
                    List.of("a-1", "b\"2")),
                UTF_8))
        .isEqualTo("{\"anthropic_version\":\"v\",\"anthropic_beta\":[\"a-1\",\"b\\\"2\"]}");
    assertThat(new String(InvokeBody.of("{}".getBytes(UTF_8), List.of()), UTF_8))
        .isEqualTo("{\"anthropic_version\":\"bedrock-2023-05-31\"}");
  }

  @Test
  void movesThemOutOfDeepAndLongBodiesToo() {
    var deep = "[".repeat(1000) + "]".repeat(1000);
    var text = "x".repeat(200_000) + "\\n";
    var body = "{\"a\":" + deep + ",\"model\":\"" + text + "\",\"b\":\"" + text + "\"}";

    assertThat(new String(InvokeBody.of(body.getBytes(UTF_8), List.of()), UTF_8))
        .isEqualTo(
            "{\"a\":"
                + deep
                + ",\"b\":\""
                + text
                + "\",\"anthropic_version\":\"bedrock-2023-05-31\"}");
  }

  @Test
  void refusesABodyThatIsNoObject() {
    assertThatThrownBy(() -> InvokeBody.of("[]".getBytes(UTF_8), List.of()))
        .isInstanceOf(AiFormatException.class);
    assertThatThrownBy(() -> InvokeBody.of("{\"a\":".getBytes(UTF_8), List.of()))
        .isInstanceOf(AiFormatException.class);
  }
}
