package dev.sluice.text;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.text.internal.PatternCompiler;
import java.util.concurrent.Executor;

/**
 * Provides pattern matching in the process: literals by an Aho-Corasick automaton over code points,
 * expressions by RE2. Keeps nothing, so every owner is given the same service.
 */
public final class PatternsProvider implements HostServiceProvider<Patterns> {
  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public PatternsProvider() {}

  @Override
  public Class<Patterns> type() {
    return Patterns.class;
  }

  @Override
  public String name() {
    return "local";
  }

  @Override
  public Patterns open(String scope, long storeBytes, Executor executor) {
    return PatternCompiler.INSTANCE;
  }
}
