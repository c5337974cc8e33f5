package dev.sluice.text.internal.tokens;

import com.knuddels.jtokkit.api.EncodingType;
import java.util.List;
import java.util.Locale;

/**
 * Is a family of models that count alike. OpenAI's families are counted with their own encoding;
 * the others by their tokens of o200k and the {@link TextShape}, with the weights that fit their
 * published tokenizers best.
 *
 * <p>The weights are the least-squares solution over the relative error, on 60 % of 509 pieces of
 * 0.4 to 2.5 KB: the Universal Declaration of Human Rights in 33 languages, and English prose,
 * Java, Python, JavaScript, JSON and numbers, which count three times. Tokenizers: Claude 2 (the
 * last that was published), Gemini/Gemma, Llama 3, Qwen 3, DeepSeek V3, Mistral Tekken. The mean
 * error on the other 40 % stands in docs/configuration.md.
 */
enum TokenFamily {
  /** GPT-4o and later, o1 and later, gpt-oss; and every model that is not known. */
  O200K(EncodingType.O200K_BASE),
  /** GPT-4, GPT-3.5 and the text-embedding models. */
  CL100K(EncodingType.CL100K_BASE),
  CLAUDE(1.086, -0.171, 1.307, -0.733, 0.358, 0.728, 1.255, 1.365, 0.09, 0.324, 0.695, -0.007),
  GEMINI(1.078, 0.396, -0.515, -0.428, -0.027, -0.003, 0.095, -0.071, -0.512, -0.199, 0.063, 0.13),
  LLAMA(1.001, -0.007, 0.472, -0.572, 0.005, 0.103, 0.445, 0.042, -0.265, 0.004, 0.026, -0.011),
  QWEN(0.991, 0.485, 0.915, -2.795, 0.15, 0.124, 0.846, 0.142, -0.144, -0.195, 0.053, -0.009),
  DEEPSEEK(1.058, -0.077, 0.321, 0.006, 0.047, 0.055, 0.201, -0.092, -0.247, -0.313, 0.047, -0.001),
  MISTRAL(1.065, 0.414, -0.219, 0.977, -0.001, -0.022, 0.04, 0.062, -0.308, 0.035, -0.147, -0.03);

  /** A fit is not trusted below this share of the tokens of o200k: no real tokenizer is there. */
  private static final double LEAST = 0.4;

  /** The first word that a model's name contains decides. */
  private static final List<Word> WORDS =
      List.of(
          // Distilled models keep the tokenizer of what they were distilled into.
          new Word("distill-llama", LLAMA),
          new Word("distill-qwen", QWEN),
          new Word("deepseek", DEEPSEEK),
          new Word("claude", CLAUDE),
          new Word("gemini", GEMINI),
          new Word("gemma", GEMINI),
          new Word("llama", LLAMA),
          new Word("qwen", QWEN),
          new Word("qwq", QWEN),
          new Word("mistral", MISTRAL),
          new Word("mixtral", MISTRAL),
          new Word("ministral", MISTRAL),
          new Word("magistral", MISTRAL),
          new Word("codestral", MISTRAL),
          new Word("devstral", MISTRAL),
          new Word("pixtral", MISTRAL),
          new Word("gpt-4o", O200K),
          new Word("gpt-4.", O200K),
          new Word("gpt-4", CL100K),
          new Word("gpt-3", CL100K),
          new Word("gpt-35", CL100K),
          new Word("text-embedding", CL100K),
          new Word("davinci-002", CL100K),
          new Word("babbage-002", CL100K));

  /** Says which family a word in a model's name stands for. */
  private record Word(String text, TokenFamily family) {}

  private final EncodingType encoding;

  @SuppressWarnings("ImmutableEnumChecker") // never written
  private final double[] weights;

  /** Creates a family: the weight of a token of o200k, then those of the groups of a shape. */
  TokenFamily(double... weights) {
    this.encoding = EncodingType.O200K_BASE;
    this.weights = weights;
  }

  TokenFamily(EncodingType encoding) {
    this.encoding = encoding;
    this.weights = new double[0];
  }

  /** Returns the family of a model, whatever stands before and behind its name. */
  static TokenFamily of(String model) {
    var name = model.toLowerCase(Locale.ROOT);
    for (var word : WORDS) {
      if (name.contains(word.text)) {
        return word.family;
      }
    }
    return O200K;
  }

  EncodingType encoding() {
    return encoding;
  }

  /**
   * Estimates the tokens of a part of a text.
   *
   * @param tokens what {@link #encoding} counts there
   */
  double estimate(int tokens, String text, int from, int to) {
    if (weights.length == 0) {
      return tokens;
    }
    var shape = TextShape.of(text, from, to);
    double sum = weights[0] * tokens;
    for (int i = 0; i < TextShape.GROUPS; i++) {
      sum += weights[i + 1] * shape[i];
    }
    return Math.max(sum, LEAST * tokens);
  }
}
