package dev.sluice.state;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Store;
import dev.sluice.state.internal.store.StoreService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Provides values by key: in memory, or in a Redis server, where several gateways share them. What
 * an owner keeps is bounded in bytes: what was used least makes room. May be started again with
 * other settings.
 */
public final class StoreProvider implements HostServiceProvider<Store> {
  private final StoreService service = new StoreService();

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public StoreProvider() {}

  @Override
  public Class<Store> type() {
    return Store.class;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public void clock(Clock clock) {
    service.clock(clock);
  }

  /**
   * Chooses where values are kept.
   *
   * @param settings of a Redis server: {@code url}, {@code username}, {@code password}, {@code ca},
   *     {@code cert} and {@code key} (PEM files), {@code timeout} in milliseconds, {@code
   *     onUnavailable} (deny, allow, local); empty for memory
   */
  @Override
  public void start(Map<String, String> settings) {
    service.configure(settings);
  }

  @Override
  public Store open(String scope, long storeBytes, Executor executor) {
    return service.open(scope, storeBytes, executor);
  }

  @Override
  public List<ServiceUsage> usage() {
    return service.usage();
  }

  @Override
  public void close() {
    service.close();
  }
}
