package dev.sluice.text.internal.embed;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Embeds by a model that may be exchanged, and remembers what it embedded, by the hash of the text.
 * Thread-safe.
 */
public final class EmbedderService implements AutoCloseable {
  /** Texts of one call. */
  static final int MAX_TEXTS = 256;

  /** Characters of one text. */
  static final int MAX_CHARACTERS = 64 << 10;

  /** Bytes of vectors remembered. */
  private static final long REMEMBERED = 16 << 20;

  private static final int ENTRY_BYTES = 96;

  private Map<String, String> inForce = Map.of();
  private volatile Backend backend = new Backend(new LocalModel());

  /** Is a model with what it embedded. */
  private record Backend(EmbeddingModel model, Cache<Hash, float[]> known) {
    Backend(EmbeddingModel model) {
      this(
          model,
          Caffeine.newBuilder()
              .maximumWeight(REMEMBERED)
              .weigher((Hash key, float[] vector) -> ENTRY_BYTES + 4 * vector.length)
              .executor(Runnable::run)
              .recordStats()
              .build());
    }
  }

  /** Is the first half of the SHA-256 of a text. */
  private record Hash(long high, long low) {
    static Hash of(String text) {
      try {
        var digest = MessageDigest.getInstance("SHA-256");
        var bytes = ByteBuffer.wrap(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        return new Hash(bytes.getLong(), bytes.getLong());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }
  }

  /**
   * Embeds as the {@code embeddings} section says from now on; calls under way come to their end by
   * the model that they began with.
   *
   * @param settings the section, flattened; empty for the model in the process
   * @throws IllegalArgumentException naming the setting that is wrong
   */
  public synchronized void configure(Map<String, String> settings) {
    if (settings.equals(inForce)) {
      return;
    }
    use(settings.containsKey("url") ? RemoteModel.of(settings) : new LocalModel());
    inForce = Map.copyOf(settings);
  }

  /** Embeds by another model from now on. */
  private void use(EmbeddingModel model) {
    var old = backend;
    backend = new Backend(model);
    old.model.close();
  }

  /** Returns the embedder for one owner. */
  public Embedder open(Executor executor) {
    return new Embedder() {
      @Override
      public String model() {
        return backend.model.name();
      }

      @Override
      public int dimensions() {
        return backend.model.dimensions();
      }

      @Override
      public void embed(List<String> texts, Completion<List<float[]>> completion) {
        EmbedderService.this.embed(texts, executor, completion);
      }
    };
  }

  private void embed(List<String> texts, Executor executor, Completion<List<float[]>> completion) {
    check(texts);
    var current = backend;
    var hashes = texts.stream().map(Hash::of).toList();
    var vectors = new float[texts.size()][];
    var missing = new ArrayList<Integer>();
    for (int i = 0; i < vectors.length; i++) {
      var known = current.known.getIfPresent(hashes.get(i));
      if (known == null) {
        missing.add(i);
      } else {
        vectors[i] = known;
      }
    }
    Completion<List<float[]>> complete =
        Completion.of(
            found -> {
              for (int i = 0; i < found.size(); i++) {
                int at = missing.get(i);
                vectors[at] = found.get(i);
                current.known.put(hashes.get(at), found.get(i));
              }
              // Copies: a caller may write into its own.
              completion.succeeded(Arrays.stream(vectors).map(float[]::clone).toList());
            },
            completion::failed);
    if (missing.isEmpty()) {
      executor.execute(() -> complete.succeeded(List.of()));
    } else {
      current.model.embed(missing.stream().map(texts::get).toList(), executor, complete);
    }
  }

  private static void check(List<String> texts) {
    if (texts.isEmpty() || texts.size() > MAX_TEXTS) {
      throw new ServiceException(
          texts.isEmpty() ? Reason.BAD_ARGUMENT : Reason.LIMIT,
          "embed: " + texts.size() + " texts (expected: 1.." + MAX_TEXTS + ")");
    }
    for (var text : texts) {
      if (text.length() > MAX_CHARACTERS) {
        throw new ServiceException(
            Reason.LIMIT,
            "embed: a text of "
                + text.length()
                + " characters (expected: at most "
                + MAX_CHARACTERS
                + ")");
      }
    }
  }

  /** Returns what is remembered, for all owners together. */
  public List<ServiceUsage> usage() {
    var known = backend.known;
    long items = known.estimatedSize();
    long bytes = items * (ENTRY_BYTES + 4L * backend.model.dimensions());
    return List.of(new ServiceUsage("", items, bytes, known.stats().evictionCount()));
  }

  /** Returns how many texts are remembered. */
  long remembered() {
    var known = backend.known;
    known.cleanUp();
    return known.estimatedSize();
  }

  @Override
  public void close() {
    backend.model.close();
  }
}
