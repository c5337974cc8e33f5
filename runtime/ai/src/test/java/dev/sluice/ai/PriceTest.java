package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.ai.Usage;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class PriceTest {
  private static final Price PRICE =
      Price.of(
          new BigDecimal("2.50"),
          new BigDecimal("1.25"),
          new BigDecimal("3.125"),
          new BigDecimal("10.00"),
          new BigDecimal("12"),
          1_000_000,
          "USD");

  @Test
  void eachKindOfTokenHasItsPrice() {
    // 700 fresh, 200 read, 100 written, 40 said, 10 thought
    var cost = PRICE.cost(new Usage(1000, 200, 50, 10, false, 100));

    assertThat(cost).isEqualByComparingTo("0.0028325");
  }

  @Test
  void whatIsNotQuotedCostsWhatItIsAKindOf() {
    var price = Price.of(new BigDecimal("3"), null, null, new BigDecimal("15"), null, 1_000, "EUR");

    assertThat(price.cost(new Usage(1000, 400, 100, 60, false, 100))).isEqualByComparingTo("4.5");
  }

  @Test
  void aMillionSumsAreExact() {
    var price =
        Price.of(new BigDecimal("0.1"), null, null, new BigDecimal("0.3"), null, 1_000_000, "USD");
    var sum = BigDecimal.ZERO;
    for (int i = 0; i < 1_000_000; i++) {
      sum = sum.add(price.cost(new Usage(1, 0, 1, 0, false)));
    }

    assertThat(sum).isEqualByComparingTo("0.4");
  }

  @Test
  void moreCachedThanSentDoesNotMakeItCheaper() {
    assertThat(PRICE.cost(new Usage(10, 1000, 0, 0, false))).isEqualByComparingTo("0.00125");
  }

  @Test
  void theSameTokensCostTheSameWhateverTheProviderCountsApart() {
    var usages =
        new Usage[] {
          usage(
              "openai.chat",
              """
              {"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],\
              "usage":{"prompt_tokens":1000,"completion_tokens":50,\
              "prompt_tokens_details":{"cached_tokens":200},\
              "completion_tokens_details":{"reasoning_tokens":10}}}\
              """),
          usage(
              "openai.responses",
              """
              {"object":"response","status":"completed","output":[],"usage":{"input_tokens":1000,\
              "output_tokens":50,"input_tokens_details":{"cached_tokens":200},\
              "output_tokens_details":{"reasoning_tokens":10}}}\
              """),
          usage(
              "gemini.generateContent",
              """
              {"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]},"finishReason":"STOP"}],\
              "usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":40,\
              "thoughtsTokenCount":10,"cachedContentTokenCount":200,"totalTokenCount":1050}}\
              """)
        };

    // 800 × 2.5 + 200 × 1.25 + 40 × 10 + 10 × 12 = 2,770 millionths
    assertThat(usages).allSatisfy(usage -> costs(usage, "0.00277"));
    // Anthropic counts 800 beside 200 read and none written, and reasoning as output.
    costs(
        usage(
            "anthropic.messages",
            """
            {"type":"message","role":"assistant","content":[{"type":"text","text":"a"}],\
            "stop_reason":"end_turn","usage":{"input_tokens":700,"cache_read_input_tokens":200,\
            "cache_creation_input_tokens":100,"output_tokens":50}}\
            """),
        "0.0028125");
  }

  private static void costs(Usage usage, String expected) {
    assertThat(PRICE.cost(usage)).isEqualByComparingTo(expected);
  }

  private static Usage usage(String protocol, String body) {
    var request =
        switch (protocol) {
          case "openai.responses" -> "{\"model\":\"m\",\"input\":\"a\"}";
          case "gemini.generateContent" ->
              "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]}]}";
          default ->
              "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
        };
    var call = Wire.call(Wire.path(protocol), request);
    var asked = call.forProvider(call.endpoint().protocol(), "m");
    var reply = new AiReply(call, asked, 200, "application/json", AiLimits.DEFAULT);
    return Wire.lead(reply, body.getBytes(UTF_8), event -> null).reply().usage();
  }

  @Test
  void aRateBelowZeroIsRefusedByName() {
    assertThatThrownBy(
            () ->
                Price.of(
                    BigDecimal.ONE, BigDecimal.ONE.negate(), null, BigDecimal.ONE, null, 1, "USD"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cachedInput: -1 (expected: 0 or more)");
    assertThatThrownBy(() -> Price.of(BigDecimal.ONE, null, null, BigDecimal.ONE, null, 100, "USD"))
        .hasMessage("per: 100 (expected: 1, 1000 or 1000000)");
  }
}
