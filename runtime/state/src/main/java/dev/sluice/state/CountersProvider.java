package dev.sluice.state;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Counters;
import dev.sluice.state.internal.counters.CounterService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Provides counters: in memory, or in a Redis server, where several gateways share them. What an
 * owner keeps in memory is bounded in bytes; counters that still count are never thrown away. May
 * be started again with other settings.
 */
public final class CountersProvider implements HostServiceProvider<Counters> {
  private final CounterService service = new CounterService();

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public CountersProvider() {}

  @Override
  public Class<Counters> type() {
    return Counters.class;
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
   * Chooses where counters are kept.
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
  public Counters open(String scope, long storeBytes, Executor executor) {
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
