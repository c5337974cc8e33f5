package dev.sluice.state.testing;

import dev.sluice.plugin.host.Completion;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Waits for the answers of services. */
public final class Answers {
  private Answers() {}

  /** Waits for an answer; a failure is thrown as it is. */
  public static <T> T await(Consumer<Completion<T>> call) {
    var answer = new CompletableFuture<T>();
    call.accept(Completion.of(answer::complete, answer::completeExceptionally));
    try {
      return answer.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }
}
