package dev.sluice.benchmarks.internal;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Store;
import java.util.Map;
import java.util.ServiceLoader;

/** Opens the services that keep things, as the gateway does, for a caller on any thread. */
public final class StateServices implements AutoCloseable {
  private static final long BYTES = 64 << 20;

  private final HostServiceProvider<Counters> counters;
  private final HostServiceProvider<Store> store;

  private StateServices(Map<String, String> settings) {
    counters = found(Counters.class);
    store = found(Store.class);
    counters.start(settings);
    store.start(settings);
  }

  @SuppressWarnings("unchecked")
  private static <S> HostServiceProvider<S> found(Class<S> type) {
    for (HostServiceProvider<?> provider : ServiceLoader.load(HostServiceProvider.class)) {
      if (provider.type() == type) {
        return (HostServiceProvider<S>) provider;
      }
    }
    throw new IllegalStateException("no provider of " + type.getSimpleName());
  }

  /** Returns services that keep everything in this process. */
  public static StateServices inMemory() {
    return new StateServices(Map.of());
  }

  /** Returns services that keep everything in a server. */
  public static StateServices inRedis(String url) {
    return new StateServices(Map.of("url", url, "timeout", "10000"));
  }

  /** Opens counters. */
  public Counters counters() {
    return counters.open("bench", BYTES, Runnable::run);
  }

  /** Opens a store. */
  public Store store() {
    return store.open("bench", BYTES, Runnable::run);
  }

  @Override
  public void close() {
    counters.close();
    store.close();
  }
}
