package dev.sluice.text.internal.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingType;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.Tokens;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenEstimatorTest {
  private static final TokenCounter COUNTER = new TokenCounter();

  private final TokenEstimator estimator = new TokenEstimator();

  /** The owner's thread: what it was given to run. */
  private final BlockingQueue<Runnable> owner = new LinkedBlockingQueue<>();

  private final Tokens tokens = estimator.open(owner::add);

  @AfterEach
  void close() {
    estimator.close();
  }

  static List<Samples> samples() {
    return Samples.all();
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(HostServiceProvider.class))
        .anyMatch(provider -> provider.type() == Tokens.class);
  }

  /** OpenAI's are exact. The others are within 10 % on English and code, 27 % else. */
  @ParameterizedTest
  @MethodSource("samples")
  void countsAsThePublishedTokenizersDo(Samples sample) {
    double error =
        switch (sample.family()) {
          case "o200k", "cl100k" -> 0;
          default -> List.of("english", "java", "json").contains(sample.language()) ? 0.10 : 0.27;
        };

    long counted = COUNTER.count(family(sample.family()), sample.text());

    assertThat((double) counted)
        .isCloseTo(sample.tokens(), within(Math.max(error * sample.tokens(), 0.001)));
  }

  private static TokenFamily family(String name) {
    return TokenFamily.valueOf(name.toUpperCase(Locale.ROOT));
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-4o-mini, O200K",
    "gpt-4.1, O200K",
    "openai/gpt-5, O200K",
    "o3, O200K",
    "gpt-4-turbo, CL100K",
    "gpt-35-turbo-16k, CL100K",
    "text-embedding-3-small, CL100K",
    "us.anthropic.claude-sonnet-4-v1:0, CLAUDE",
    "models/gemini-2.5-pro, GEMINI",
    "gemma-3-27b, GEMINI",
    "meta-llama/Llama-3.3-70B-Instruct, LLAMA",
    "Qwen/Qwen3-32B, QWEN",
    "deepseek-chat, DEEPSEEK",
    "deepseek-r1-distill-llama-70b, LLAMA",
    "open-mixtral-8x22b, MISTRAL",
    "somebody-elses-model, O200K"
  })
  void knowsTheFamilyByTheName(String model, TokenFamily family) {
    assertThat(TokenFamily.of(model)).isEqualTo(family);
  }

  @Test
  void countsPartByPartWhatTheWholeHas() {
    var text = prose(20_000);
    var whole = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);

    assertThat(COUNTER.count(TokenFamily.O200K, text)).isEqualTo(whole.countTokensOrdinary(text));
  }

  @Test
  void cutsTextWithoutSpacesAtTheCostOfFewTokens() {
    var text = "汉字没有空格".repeat(5_000) + "x".repeat(20_000) + "\uD83D\uDE00".repeat(9_001);
    var whole = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
    long exact = whole.countTokensOrdinary(text);
    int cuts = text.length() / TextParts.MOST + 1;

    assertThat(COUNTER.count(TokenFamily.O200K, text))
        .isBetween(exact - 2L * cuts, exact + 2L * cuts);
  }

  @Test
  void remembersWhatTextsBeginWith() {
    var counter = new TokenCounter();
    var conversation = prose(50_000);
    counter.count(TokenFamily.O200K, conversation);
    long before = counter.remembered();
    long parts = counter.size();

    counter.count(TokenFamily.O200K, conversation + " And one more question.");

    assertThat(parts).isGreaterThan(20);
    assertThat(counter.remembered() - before).isGreaterThanOrEqualTo(parts - 1);
    assertThat(counter.size()).isLessThanOrEqualTo(parts + 1);
  }

  @Test
  void countsEachFamilyForItself() {
    var counter = new TokenCounter();
    var text = prose(3_000).replace("a", "ä");

    assertThat(counter.count(TokenFamily.O200K, text))
        .isNotEqualTo(counter.count(TokenFamily.CLAUDE, text));
  }

  @Test
  void answersOnTheOwnersThreadAndNeverInsideTheCall() throws Exception {
    for (var text : List.of("hello world", "hello again", prose(100_000))) {
      var answer = new CompletableFuture<Long>();

      tokens.count("gpt-4o", text, completing(answer));

      assertThat(answer).isNotDone();
      next().run();
      assertThat(answer.getNow(-1L)).isPositive();
    }
  }

  @Test
  void refusesATextThatIsTooLong() {
    var text = "a".repeat(TokenEstimator.MAX_TEXT + 1);

    assertThatThrownBy(
            () -> tokens.count("gpt-4o", text, completing(new CompletableFuture<Long>())))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("characters (expected: at most 33554432)");
  }

  @Test
  void refusesWhenTooMuchWaits() {
    var text = "ab1!".repeat(4 << 20);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 10; i++) {
                tokens.count("gpt-4o", text, completing(new CompletableFuture<Long>()));
              }
            })
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("too much waits");
  }

  @Test
  void answersWhatWaitsWhenItCloses() throws Exception {
    var answers = new LinkedBlockingQueue<CompletableFuture<Long>>();
    var text = "ab1!".repeat(100_000);
    for (int i = 0; i < 20; i++) {
      var answer = new CompletableFuture<Long>();
      answers.add(answer);
      tokens.count("gpt-4o", text, completing(answer));
    }

    estimator.close();
    for (int i = 0; i < 20; i++) {
      next().run();
    }

    assertThat(answers).allMatch(CompletableFuture::isDone);
    assertThat(answers).anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  private Runnable next() throws InterruptedException {
    var task = owner.poll(30, TimeUnit.SECONDS);
    assertThat(task).isNotNull();
    return Objects.requireNonNull(task);
  }

  private static Completion<Long> completing(CompletableFuture<Long> answer) {
    return Completion.of(answer::complete, answer::completeExceptionally);
  }

  private static String prose(int length) {
    var random = new Random(11);
    var words = List.of("the", "Gateway", "it's", "counts", "12", "tokens,", "of", "a", "text.\n");
    var text = new StringBuilder();
    while (text.length() < length) {
      text.append(words.get(random.nextInt(words.size()))).append(' ');
    }
    return text.toString();
  }
}
