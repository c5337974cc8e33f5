package dev.sluice.text.internal.embed;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.text.internal.Workers;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Is the model all-MiniLM-L6-v2 with 8-bit weights, run in the process by ONNX Runtime. Calls block
 * for milliseconds; any number of threads may call.
 *
 * <p>The model was trained on up to 256 tokens. Longer texts are embedded window by window, and the
 * mean of the windows, weighted by their tokens, stands for the whole, so that two texts that
 * differ late do not become one.
 */
final class MiniLm implements AutoCloseable {
  static final String NAME = "all-MiniLM-L6-v2-q";
  static final int DIMENSIONS = 384;

  /** Tokens of a window without the two that mark its ends. */
  static final int WINDOW = 254;

  /** Windows that a text may have. */
  static final int MAX_WINDOWS = 32;

  private static final String RESOURCE = "/all-minilm-l6-v2-q";
  private static final long BEGIN = 101;
  private static final long END = 102;

  /** Tokens of one run, padding included; bounds its memory. */
  private static final int MAX_RUN = 16 * 256;

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final HuggingFaceTokenizer tokenizer;

  /** Is a window of one text. */
  private record Sequence(int text, long[] tokens) {}

  private MiniLm(OrtEnvironment environment, OrtSession session, HuggingFaceTokenizer tokenizer) {
    this.environment = environment;
    this.session = session;
    this.tokenizer = tokenizer;
  }

  /**
   * Loads the model and the native libraries from the class path; takes half a second.
   *
   * @throws ServiceException UNAVAILABLE when this platform cannot run it
   */
  static MiniLm load() {
    try {
      // ONNX Runtime overflows the 1 MiB of an ordinary thread on some machines, which ends the
      // process.
      return CompletableFuture.supplyAsync(
              MiniLm::read,
              task -> new Thread(null, task, "sluice-embed-load", Workers.STACK_BYTES).start())
          .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ServiceException known ? known : e;
    }
  }

  private static MiniLm read() {
    // The tokenizers' library would report its use and fetch libraries for graphics cards.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    try (var vocabulary = resource(RESOURCE + "-tokenizer.json");
        var model = resource(RESOURCE + ".onnx");
        var options = new OrtSession.SessionOptions()) {
      // One thread for each run: the callers' threads are the bound on what embedding may take.
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      var tokenizer =
          HuggingFaceTokenizer.newInstance(
              vocabulary, Map.of("truncation", "false", "padding", "false"));
      var environment = OrtEnvironment.getEnvironment();
      return new MiniLm(
          environment, environment.createSession(model.readAllBytes(), options), tokenizer);
    } catch (IOException | OrtException | RuntimeException | LinkageError e) {
      throw new ServiceException(
          Reason.UNAVAILABLE, "embed: " + NAME + " cannot be loaded here: " + e);
    }
  }

  private static InputStream resource(String name) throws IOException {
    var in = MiniLm.class.getResourceAsStream(name);
    if (in == null) {
      throw new FileNotFoundException(name + " (expected: the model's jar on the class path)");
    }
    return in;
  }

  /**
   * Embeds texts, several at once where their lengths are alike.
   *
   * @throws ServiceException LIMIT when a text has too many tokens
   */
  List<float[]> embed(List<String> texts) {
    var sequences = new ArrayList<Sequence>();
    for (int i = 0; i < texts.size(); i++) {
      windows(i, tokens(texts.get(i)), sequences);
    }
    sequences.sort(Comparator.comparingInt(sequence -> sequence.tokens.length));
    var vectors = new float[texts.size()][DIMENSIONS];
    for (int from = 0; from < sequences.size(); ) {
      int to = run(sequences, from);
      add(sequences.subList(from, to), vectors);
      from = to;
    }
    return Arrays.stream(vectors).map(UnitVectors::normalize).toList();
  }

  /** Returns how many tokens a text has, without those that mark its ends. */
  int count(String text) {
    return tokens(text).length;
  }

  private long[] tokens(String text) {
    return tokenizer.encode(text, false, false).getIds();
  }

  private static void windows(int text, long[] tokens, List<Sequence> sequences) {
    if (tokens.length > WINDOW * MAX_WINDOWS) {
      throw new ServiceException(
          Reason.LIMIT,
          "embed: a text of "
              + tokens.length
              + " tokens (expected: at most "
              + WINDOW * MAX_WINDOWS
              + ")");
    }
    int from = 0;
    do {
      int to = Math.min(from + WINDOW, tokens.length);
      var window = new long[to - from + 2];
      window[0] = BEGIN;
      System.arraycopy(tokens, from, window, 1, to - from);
      window[window.length - 1] = END;
      sequences.add(new Sequence(text, window));
      from = to;
    } while (from < tokens.length);
  }

  /**
   * Returns the end of the sequences that run together: of like length, because padding costs time,
   * and because the model scales its numbers by all that runs together.
   */
  private static int run(List<Sequence> sequences, int from) {
    int shortest = sequences.get(from).tokens.length;
    int to = from + 1;
    while (to < sequences.size()) {
      int length = sequences.get(to).tokens.length;
      if (length > shortest * 5 / 4 + 2 || length * (to + 1 - from) > MAX_RUN) {
        break;
      }
      to++;
    }
    return to;
  }

  private void add(List<Sequence> sequences, float[][] vectors) {
    int rows = sequences.size();
    int width = sequences.getLast().tokens.length;
    var ids = new long[rows * width];
    var mask = new long[rows * width];
    for (int row = 0; row < rows; row++) {
      var tokens = sequences.get(row).tokens;
      System.arraycopy(tokens, 0, ids, row * width, tokens.length);
      Arrays.fill(mask, row * width, row * width + tokens.length, 1);
    }
    long[] shape = {rows, width};
    try (var idTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
        var maskTensor = OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape);
        var types = OnnxTensor.createTensor(environment, LongBuffer.allocate(ids.length), shape);
        var result =
            session.run(
                Map.of(
                    "input_ids",
                    idTensor,
                    "attention_mask",
                    maskTensor,
                    "token_type_ids",
                    types))) {
      var out = ((OnnxTensor) result.get(0)).getFloatBuffer();
      for (int row = 0; row < rows; row++) {
        var sequence = sequences.get(row);
        // The sum over the tokens: the mean times the weight of the window.
        var sum = vectors[sequence.text];
        for (int i = 0; i < sequence.tokens.length; i++) {
          int at = (row * width + i) * DIMENSIONS;
          for (int d = 0; d < DIMENSIONS; d++) {
            sum[d] += out.get(at + d);
          }
        }
      }
    } catch (OrtException e) {
      throw new ServiceException(Reason.INTERNAL, "embed: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new UncheckedIOException(new IOException("closing the model", e));
    } finally {
      tokenizer.close();
    }
  }
}
