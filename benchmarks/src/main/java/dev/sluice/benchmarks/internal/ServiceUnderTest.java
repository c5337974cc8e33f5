package dev.sluice.benchmarks.internal;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Opens a host service as the gateway finds it, and waits for answers. */
public final class ServiceUnderTest {
  private ServiceUnderTest() {}

  /**
   * Opens a service for one owner without a bound in bytes; answers come on the service's thread.
   *
   * @throws IllegalStateException when the class path has no provider of it
   */
  public static <S> S open(Class<S> type) {
    for (HostServiceProvider<?> provider : ServiceLoader.load(HostServiceProvider.class)) {
      if (provider.type() == type) {
        provider.start(Map.of());
        return type.cast(provider.open("bench", Long.MAX_VALUE, Runnable::run));
      }
    }
    throw new IllegalStateException(
        type.getName() + ": no provider (expected: one on the class path)");
  }

  /**
   * Makes a call and waits for its answer.
   *
   * @throws ServiceException when the call failed
   */
  public static <T> T answer(Consumer<Completion<T>> call) {
    var answer = new CompletableFuture<T>();
    call.accept(Completion.of(answer::complete, answer::completeExceptionally));
    return answer.join();
  }
}
