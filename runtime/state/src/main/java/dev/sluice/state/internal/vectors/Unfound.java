package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Vectors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Takes every vector and finds none ({@code onUnavailable: allow}). */
record Unfound(Executor executor) implements Vectors {
  @Override
  public void upsert(
      String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> completion) {
    executor.execute(() -> completion.succeeded(true));
  }

  @Override
  public void search(String namespace, Query query, Completion<List<Hit>> completion) {
    executor.execute(() -> completion.succeeded(List.of()));
  }

  @Override
  public void delete(String namespace, String key, Completion<Boolean> completion) {
    executor.execute(() -> completion.succeeded(false));
  }

  @Override
  public void deleteWhere(
      String namespace, Map<String, String> filter, Completion<Long> completion) {
    executor.execute(() -> completion.succeeded(0L));
  }
}
