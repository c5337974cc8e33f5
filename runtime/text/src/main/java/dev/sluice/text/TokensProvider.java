package dev.sluice.text;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Tokens;
import dev.sluice.text.internal.tokens.TokenEstimator;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Provides estimates of tokens in the process: OpenAI's models by their own encodings, those of
 * other families by what fits their tokenizers best. Keeps nothing for its owners.
 */
public final class TokensProvider implements HostServiceProvider<Tokens> {
  private final TokenEstimator estimator = new TokenEstimator();

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public TokensProvider() {}

  @Override
  public Class<Tokens> type() {
    return Tokens.class;
  }

  @Override
  public String name() {
    return "local";
  }

  @Override
  public Tokens open(String scope, long storeBytes, Executor executor) {
    return estimator.open(executor);
  }

  @Override
  public List<ServiceUsage> usage() {
    return estimator.usage();
  }

  @Override
  public void close() {
    estimator.close();
  }
}
