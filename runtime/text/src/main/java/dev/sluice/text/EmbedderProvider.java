package dev.sluice.text;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.text.internal.embed.EmbedderService;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Provides embeddings: by all-MiniLM-L6-v2 in the process, or by an endpoint that speaks OpenAI's
 * API. May be started again with other settings; owners then use the new model without opening
 * again. The model in the process is loaded by its first use.
 */
public final class EmbedderProvider implements HostServiceProvider<Embedder> {
  private final EmbedderService service = new EmbedderService();

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public EmbedderProvider() {}

  @Override
  public Class<Embedder> type() {
    return Embedder.class;
  }

  @Override
  public String name() {
    return "local";
  }

  /**
   * Chooses the model.
   *
   * @param settings {@code url, model, key, dimensions, timeout} (in milliseconds) of an endpoint;
   *     without {@code url} the model in the process
   */
  @Override
  public void start(Map<String, String> settings) {
    service.configure(settings);
  }

  @Override
  public Embedder open(String scope, long storeBytes, Executor executor) {
    return service.open(executor);
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
