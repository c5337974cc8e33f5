package dev.sluice.state;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.state.internal.vectors.VectorService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Provides vectors: in memory, or in a Redis server that has vector sets or the search module,
 * where several gateways share them. What an owner keeps is bounded in bytes. May be started again
 * with other settings.
 */
public final class VectorsProvider implements HostServiceProvider<Vectors> {
  private final VectorService service = new VectorService();

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public VectorsProvider() {}

  @Override
  public Class<Vectors> type() {
    return Vectors.class;
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
   * Chooses where vectors are kept.
   *
   * @param settings of a Redis server, as {@link CountersProvider#start} takes them; empty for
   *     memory
   */
  @Override
  public void start(Map<String, String> settings) {
    service.configure(settings);
  }

  @Override
  public Vectors open(String scope, long storeBytes, Executor executor) {
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
