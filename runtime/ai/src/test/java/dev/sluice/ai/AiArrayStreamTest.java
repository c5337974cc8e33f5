package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.testing.Exchange;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Streams the arrays of Gemini's streamGenerateContent without {@code alt=sse}. */
class AiArrayStreamTest {
  private static final String PATH = "/v1beta/models/m:streamGenerateContent";
  private static final String QUESTION = "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}";
  private static final String EVENTS = Wire.text(Wire.file("gemini.generateContent.reply.sse"));
  private static final String ARRAY =
      EVENTS
          .lines()
          .filter(line -> !line.isEmpty())
          .map(line -> line.substring("data: ".length()))
          .collect(Collectors.joining("\n,\r\n", "[", "\n]\n"));

  private static Wire.Result lead(
      String array, Function<AiEvent, @Nullable List<AiEvent>> plugin, int... cuts) {
    AiCall call = Wire.call(PATH, QUESTION);
    ProviderRequest asked = call.forProvider(AiProtocol.GEMINI_GENERATE, "m");
    var type = "application/json; charset=UTF-8";
    var reply = new AiReply(call, asked, 200, type, AiLimits.DEFAULT);
    var result = Wire.lead(reply, array.getBytes(UTF_8), plugin, cuts);
    assertThat(reply.contentType()).isEqualTo(type);
    return result;
  }

  private static Wire.Result asIs(String array, int... cuts) {
    return lead(array, event -> null, cuts);
  }

  private static ToldReply told(Wire.Result result) {
    assertThat(result.json().isArray()).isTrue();
    var events = new StringBuilder();
    result.json().forEach(one -> events.append("data: ").append(one).append("\n\n"));
    return ToldReply.read("gemini.generateContent", true, events.toString());
  }

  @Test
  void readsTheSameWhereverItIsSplit() {
    AiCall call = Wire.call(PATH + "?alt=sse", QUESTION);
    var asked = call.forProvider(AiProtocol.GEMINI_GENERATE, "m");
    var reply = new AiReply(call, asked, 200, "text/event-stream", AiLimits.DEFAULT);
    var events = Wire.lead(reply, EVENTS.getBytes(UTF_8), event -> null).events();
    int length = ARRAY.getBytes(UTF_8).length;
    for (int cut = 0; cut <= length; cut++) {
      int[] cuts = cut == 0 ? IntStream.range(1, length).toArray() : new int[] {cut};
      var result = asIs(ARRAY, cuts);
      assertThat(result.events()).as("split at %d", cut).isEqualTo(events);
      assertThat(result.text()).as("split at %d", cut).isEqualTo(ARRAY);
      assertThat(result.reply().complete()).isTrue();
      assertThat(result.reply().error()).isNull();
      assertThat(result.reply().usage()).isEqualTo(reply.usage());
    }
  }

  @Test
  void handsOnAnElementAsSoonAsItIsThere() {
    int end = ARRAY.indexOf("\n,");
    AiCall call = Wire.call(PATH, QUESTION);
    var asked = call.forProvider(AiProtocol.GEMINI_GENERATE, "m");
    var reply = new AiReply(call, asked, 200, "application/json", AiLimits.DEFAULT);
    reply.feed(ARRAY.getBytes(UTF_8), 0, end);

    assertThat(reply.streamed()).isTrue();
    assertThat(reply.next()).isInstanceOf(AiEvent.TextDelta.class);
    assertThat(reply.next()).isNull();
    assertThat(Wire.text(reply.take())).isEqualTo(ARRAY.substring(0, end));
  }

  @Test
  void changesTextsWherePluginsDo() {
    var result =
        lead(
            ARRAY,
            event ->
                event instanceof AiEvent.TextDelta delta && delta.text().equals("Häl")
                    ? List.of(new AiEvent.TextDelta(0, delta.place(), "\"Hel"))
                    : null);

    assertThat(told(result).text).isEqualTo("\"Hello 😀");
    assertThat(told(result).thinking).isEqualTo("I greet.");
  }

  @Test
  void putsFurtherTextsBeforeAndAfterOthers() {
    var result =
        lead(
            ARRAY,
            event ->
                switch (event) {
                  case AiEvent.TextDelta delta when delta.place().equals("reasoning") ->
                      List.of(new AiEvent.TextDelta(0, "answer", "First: "), delta);
                  case AiEvent.Finish finish ->
                      List.of(new AiEvent.TextDelta(0, "reasoning", "Done."), finish);
                  default -> null;
                });

    assertThat(told(result).text).isEqualTo("First: Hällo 😀");
    assertThat(told(result).thinking).isEqualTo("I greet.Done.");
    assertThat(told(result).finish).isEqualTo("STOP");
    assertThat(result.json().size()).isEqualTo(5);
  }

  @Test
  void endsWithAnErrorWhereverTheArrayBreaksOff() {
    for (int end = 0; end < ARRAY.length(); end++) {
      var result = asIs(ARRAY.substring(0, end));
      var last = result.json().get(result.json().size() - 1);
      assertThat(last.has("error")).as("of %d", end).isEqualTo(!result.reply().complete());
      assertThat(result.reply().error() != null)
          .as("of %d", end)
          .isEqualTo(!result.reply().complete());
    }
  }

  @Test
  void endsWithAnErrorWhereTheArrayIsClosedTooEarly() {
    var result = asIs(ARRAY.substring(0, ARRAY.indexOf("\n,")) + "]");

    assertThat(result.json().size()).isEqualTo(2);
    assertThat(result.json().get(1).path("error").path("code").asInt()).isEqualTo(502);
  }

  @Test
  void handsOnTheProvidersOwnError() {
    var error = "{\"error\": {\"code\": 503, \"message\": \"too much\"}}";
    var array = ARRAY.substring(0, ARRAY.indexOf("\n,")) + ",\n" + error + "]";
    var result = asIs(array);

    assertThat(result.text()).isEqualTo(array);
    assertThat(result.reply().said()).isTrue();
    assertThat(String.valueOf(result.reply().error())).contains("too much");
  }

  @Test
  void takesOneAnswerInPlaceOfAnArray() {
    var body = Wire.text(Wire.file("gemini.generateContent.reply.json")).strip();
    var result =
        lead(
            body,
            event ->
                event instanceof AiEvent.TextDelta delta
                    ? List.of(new AiEvent.TextDelta(0, delta.place(), delta.text() + "!"))
                    : null,
            1,
            70);
    assertThat(asIs(body).text()).isEqualTo(body);
    assertThat(result.json().isObject()).isTrue();
    assertThat(result.text()).contains("!");
    assertThat(result.reply().complete()).isTrue();
    assertThat(result.reply().error()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {" oops", ",,", ",]", ",{\"candidates\": 1x}", "]]", "{"})
  void canEndWithAnErrorAfterWhatIsNoJson(String rest) {
    AiCall call = Wire.call(PATH, QUESTION);
    var asked = call.forProvider(AiProtocol.GEMINI_GENERATE, "m");
    var reply = new AiReply(call, asked, 200, "application/json", AiLimits.DEFAULT);
    var bytes = (ARRAY.substring(0, ARRAY.indexOf("\n,")) + rest).getBytes(UTF_8);
    reply.feed(bytes, 0, bytes.length);
    assertThat(reply.next()).isNotNull();
    assertThatThrownBy(reply::next).isInstanceOf(AiFormatException.class);
    reply.fail(new AiError(502, "upstream_protocol_error", "no JSON"));

    JsonNode array = Wire.json(reply.take());
    assertThat(array.size()).isEqualTo(2);
    assertThat(array.get(1).path("error").path("message").asString()).isEqualTo("no JSON");
  }

  private static void begin(Exchange exchange, String text, boolean end) {
    exchange.stream()
        .sendHeaders(Headers.of(":status", "200", "content-type", "application/json"), false);
    exchange.stream().sendData(Unpooled.wrappedBuffer(text.getBytes(UTF_8)), end);
  }

  @Test
  void passesAsItComes() throws Exception {
    try (var fixture = new AiFixture()) {
      int half = ARRAY.indexOf("\n,", ARRAY.indexOf("Häl"));
      fixture.upstream("u", exchange -> begin(exchange, ARRAY.substring(0, half), false));
      fixture.serve();
      var answer = fixture.send(PATH, QUESTION);

      await().until(() -> answer.text().length() >= half);
      assertThat(answer.complete()).isNotDone();
      assertThat(answer.text()).isEqualTo(ARRAY.substring(0, half));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {",{\"candidates\":[}", ",{\"candidates\":["})
  void tellsWhatWentWrongAfterABegin(String rest) throws Exception {
    try (var fixture = new AiFixture()) {
      int half = ARRAY.indexOf("\n,", ARRAY.indexOf("Häl"));
      fixture.upstream("u", exchange -> begin(exchange, ARRAY.substring(0, half) + rest, true));
      fixture.serve();
      JsonNode answer = Wire.JSON.readTree(fixture.post(PATH, QUESTION).text());

      assertThat(answer.size()).isEqualTo(3);
      assertThat(answer.get(2).path("error").path("code").asInt()).isEqualTo(502);
      assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.TRUNCATED);
    }
  }
}
