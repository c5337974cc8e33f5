package dev.sluice.acceptance;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/** Reads a response up to a word, and then goes away without its end. */
final class LeavingReader implements BodySubscriber<String> {
  private final String word;
  private final StringBuilder seen = new StringBuilder();
  private final CompletableFuture<String> body = new CompletableFuture<>();
  private @Nullable Subscription subscription;

  LeavingReader(String word) {
    this.word = word;
  }

  @Override
  public CompletionStage<String> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (var buffer : buffers) {
      seen.append(StandardCharsets.ISO_8859_1.decode(buffer));
    }
    if (seen.indexOf(word) >= 0 && subscription != null) {
      subscription.cancel();
      body.complete("");
    }
  }

  @Override
  public void onError(Throwable problem) {
    body.completeExceptionally(problem);
  }

  @Override
  public void onComplete() {
    body.completeExceptionally(new AssertionError("the answer ended without " + word));
  }
}
