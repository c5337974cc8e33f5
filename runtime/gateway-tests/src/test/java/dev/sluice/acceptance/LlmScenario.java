package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.standin.StandInOptions;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Says what each scenario of the SDK scripts must look like to the SDK, whichever it is and whoever
 * answers it.
 */
final class LlmScenario {
  /** What each script runs with each model. */
  static final int COUNT = 13;

  private static final String TEXT = StandInOptions.DEFAULT.text();
  private static final String LONG = TEXT + " I may not say ";
  private static final String TEN = "I may not say much, but between us: the launch ";
  private static final String THOUGHT = "They ask, and I answer. ";
  private static final String TOOLS_SAY = "The tools say: rain in Zürich and noon";
  private static final JsonNode CALLS =
      JsonMapper.shared()
          .readTree(
              """
              [["weather", {"city": "Zürich \\"1\\"", "days": 7}], ["clock", {"zone": "CET"}]]\
              """);

  private final String client;

  private final JsonNode seen;
  private final SoftAssertions softly;

  private LlmScenario(String client, JsonNode seen, SoftAssertions softly) {
    this.client = client;
    this.seen = seen;
    this.softly = softly;
  }

  /**
   * Checks all that an SDK saw of some models.
   *
   * @param client the API of the SDK
   */
  static void check(String client, List<String> models, List<JsonNode> lines) {
    var names = new ArrayList<String>();
    lines.forEach(line -> names.add(line.path("model").asString()));
    for (String model : models) {
      assertThat(names).filteredOn(model::equals).hasSize(COUNT);
    }
    SoftAssertions.assertSoftly(
        softly -> lines.forEach(line -> new LlmScenario(client, line, softly).check()));
  }

  private void check() {
    switch (seen.path("scenario").asString()) {
      case "plain" -> answer(seen, TEXT, "stop", 6, 16);
      case "thinking" -> thinking();
      case "length" -> answer(seen, LONG, "length", 6, 20);
      case "split" -> answer(seen, TEN, "stop", 9, 10);
      case "tools" -> tools();
      case "refused" -> refused();
      case "failed", "cut" -> softly.assertThat(seen.has("error")).as("%s", seen).isTrue();
      default -> throw new AssertionError("an unknown scenario: " + seen);
    }
  }

  private void answer(JsonNode line, String text, String finish, int input, int output) {
    softly.assertThat(line.has("error")).as("error of %s", seen).isFalse();
    softly.assertThat(line.path("text").asString("")).as("text of %s", seen).isEqualTo(text);
    softly
        .assertThat(line.path("finish").asString(""))
        .as("finish of %s", seen)
        .isEqualTo(word(finish));
    softly.assertThat(line.path("input").asInt(-1)).as("input of %s", seen).isEqualTo(input);
    softly.assertThat(line.path("output").asInt(-1)).as("output of %s", seen).isEqualTo(output);
    if (seen.path("stream").asBoolean()) {
      softly
          .assertThat(line.path("parts").asInt())
          .as("events of %s", seen)
          .isGreaterThanOrEqualTo(text.split(" ", -1).length - 1);
    }
  }

  private void thinking() {
    answer(seen, TEXT, "stop", 8, 21);
    softly.assertThat(seen.path("cached").asInt()).as("cached of %s", seen).isEqualTo(3);
    softly
        .assertThat(seen.path("thinking").asString(""))
        .as("thinking of %s", seen)
        .isEqualTo(THOUGHT);
    // Anthropic counts its thoughts with the answer.
    boolean told = seen.has("reasoning") && !seen.path("model").asString().contains("anthropic");
    if (told) {
      softly.assertThat(seen.path("reasoning").asInt()).as("reasoning of %s", seen).isEqualTo(5);
    }
  }

  private void tools() {
    answer(seen, "Let me look. ", "tool_calls", 8, 11);
    softly.assertThat(seen.path("calls")).as("calls of %s", seen).isEqualTo(CALLS);
    // Anthropic's client sends back the text before the calls as well.
    answer(seen.path("then"), TOOLS_SAY, "stop", client.equals("anthropic") ? 13 : 10, 8);
  }

  private void refused() {
    softly.assertThat(seen.at("/error/status").asInt()).as("status of %s", seen).isEqualTo(400);
    softly
        .assertThat(seen.at("/error/type").asString(""))
        .as("error of %s", seen)
        .isEqualTo(client.equals("gemini") ? "ClientError" : "BadRequestError");
  }

  /** Returns the word of the client's API for the end of an answer. */
  private String word(String finish) {
    return switch (client) {
      case "openai" -> finish;
      case "responses" -> finish.equals("length") ? "max_output_tokens" : "completed";
      case "anthropic" ->
          switch (finish) {
            case "stop" -> "end_turn";
            case "length" -> "max_tokens";
            default -> "tool_use";
          };
      default -> finish.equals("length") ? "MAX_TOKENS" : "STOP";
    };
  }
}
