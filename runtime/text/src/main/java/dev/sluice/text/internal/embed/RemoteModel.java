package dev.sluice.text.internal.embed;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks an endpoint that speaks OpenAI's embeddings API. */
final class RemoteModel implements EmbeddingModel {
  /** Calls in flight at the most. */
  static final int MAX_CALLS = 64;

  private static final long MAX_ANSWER = 32 << 20;
  private static final Map<String, Integer> KNOWN =
      Map.of(
          "text-embedding-3-small", 1536,
          "text-embedding-3-large", 3072,
          "text-embedding-ada-002", 1536);

  private final URI url;
  private final String model;
  private final String key;
  private final Duration timeout;
  private final boolean asksForDimensions;
  private final HttpClient client;
  private final Semaphore calls = new Semaphore(MAX_CALLS);
  private volatile int dimensions;

  private RemoteModel(URI url, String model, String key, Duration timeout, int dimensions) {
    this.url = url;
    this.model = model;
    this.key = key;
    this.timeout = timeout;
    asksForDimensions = dimensions > 0;
    this.dimensions = dimensions > 0 ? dimensions : KNOWN.getOrDefault(model, 0);
    client = HttpClient.newBuilder().connectTimeout(timeout).build();
  }

  /**
   * Makes a model of the settings {@code url, model, key, dimensions, timeout} (milliseconds).
   *
   * @throws IllegalArgumentException naming the setting that is wrong
   */
  static RemoteModel of(Map<String, String> settings) {
    var base = settings.getOrDefault("url", "");
    var url =
        URI.create(
            base.endsWith("/embeddings") ? base : base.replaceAll("/+$", "") + "/embeddings");
    boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!web || url.getHost() == null) {
      throw new IllegalArgumentException("url: " + base + " (expected: http:// or https://)");
    }
    var model = settings.getOrDefault("model", "");
    if (model.isEmpty()) {
      throw new IllegalArgumentException(
          "model: missing (expected: the name of a model of " + base + ")");
    }
    return new RemoteModel(
        url,
        model,
        settings.getOrDefault("key", ""),
        Duration.ofMillis(Long.parseLong(settings.getOrDefault("timeout", "10000"))),
        Integer.parseInt(settings.getOrDefault("dimensions", "0")));
  }

  @Override
  public String name() {
    return model;
  }

  @Override
  public int dimensions() {
    return dimensions;
  }

  @Override
  public void embed(List<String> texts, Executor executor, Completion<List<float[]>> completion) {
    if (!calls.tryAcquire()) {
      throw new ServiceException(
          Reason.LIMIT, "embed: " + MAX_CALLS + " calls of " + url.getHost() + " are in flight");
    }
    client
        .sendAsync(request(texts), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER))
        .orTimeout(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS)
        .handle((response, failure) -> answer(texts.size(), response, failure))
        .whenComplete(
            (outcome, failure) -> {
              calls.release();
              executor.execute(
                  () -> {
                    if (outcome instanceof Outcome.Vectors found) {
                      completion.succeeded(found.vectors);
                    } else if (outcome instanceof Outcome.Failed failed) {
                      completion.failed(failed.error);
                    } else {
                      completion.failed(new ServiceException(Reason.INTERNAL, "embed: " + failure));
                    }
                  });
            });
  }

  /** Is what a call came to. */
  private sealed interface Outcome {
    /** The endpoint answered a vector for each text. */
    record Vectors(List<float[]> vectors) implements Outcome {}

    /** It did not. */
    record Failed(ServiceException error) implements Outcome {}
  }

  private HttpRequest request(List<String> texts) {
    var request =
        HttpRequest.newBuilder(url)
            .timeout(timeout)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .POST(
                BodyPublishers.ofByteArray(
                    EmbeddingsJson.request(model, texts, asksForDimensions ? dimensions : 0)));
    if (!key.isEmpty()) {
      request.header("authorization", "Bearer " + key);
    }
    return request.build();
  }

  private Outcome answer(
      int texts, @Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
    if (response == null) {
      return failed(failure);
    }
    if (response.statusCode() != 200) {
      return failed(
          Reason.UNAVAILABLE,
          "answered " + response.statusCode() + EmbeddingsJson.error(response.body()));
    }
    try {
      var vectors = EmbeddingsJson.vectors(response.body(), texts);
      int found = vectors.getFirst().length;
      if (dimensions != 0 && dimensions != found) {
        return failed(
            Reason.UNAVAILABLE,
            "answered vectors of " + found + " dimensions (expected: " + dimensions + ")");
      }
      dimensions = found;
      return new Outcome.Vectors(vectors);
    } catch (EmbeddingsJson.Unreadable e) {
      return failed(Reason.UNAVAILABLE, String.valueOf(e.getMessage()));
    }
  }

  private Outcome failed(@Nullable Throwable failure) {
    var cause = failure instanceof CompletionException e ? e.getCause() : failure;
    if (cause instanceof HttpTimeoutException || cause instanceof TimeoutException) {
      return failed(Reason.TIMEOUT, "no answer within " + timeout.toMillis() + " ms");
    }
    return failed(Reason.UNAVAILABLE, String.valueOf(cause));
  }

  private Outcome failed(Reason reason, String what) {
    return new Outcome.Failed(
        new ServiceException(reason, "embed: " + model + " at " + url.getHost() + ": " + what));
  }

  @Override
  public int waiting() {
    return MAX_CALLS - calls.availablePermits();
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
