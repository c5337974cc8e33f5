package dev.sluice.state;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.state.internal.vectors.MemoryVectors;
import java.util.concurrent.Executor;

/** Provides vectors in memory, found by a graph; what an owner keeps is bounded in bytes. */
public final class VectorsProvider implements HostServiceProvider<Vectors> {
  private final MemoryVectors memory = new MemoryVectors();

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
  public Vectors open(String scope, long storeBytes, Executor executor) {
    return memory.open(scope, storeBytes, executor);
  }

  @Override
  public void close() {
    memory.close();
  }
}
