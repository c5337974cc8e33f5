package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps vectors in memory. The vectors of one owner belong to one of a few threads, which does what
 * it is asked in order: so a search sees what was stored before. Thread-safe.
 */
public final class MemoryVectors implements AutoCloseable {
  /** Calls that may wait for one thread. */
  static final int MAX_WAITING = 4096;

  /** How long work in the background may hold up a call. */
  private static final long SLICE_NANOS = 2_000_000;

  private final LongSupplier clock;
  private final List<Lane> lanes;
  private final ConcurrentMap<String, Owner> owners = new ConcurrentHashMap<>();

  /**
   * Creates it without starting a thread.
   *
   * @param clock nanoseconds that never go back
   */
  MemoryVectors(LongSupplier clock) {
    this.clock = clock;
    int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    lanes =
        IntStream.range(0, count)
            .mapToObj(i -> new Lane("sluice-vectors-" + i, MAX_WAITING))
            .toList();
  }

  /** Opens the vectors of an owner; the bytes are those of the first to open them. */
  public Vectors open(String scope, long maxBytes, Executor executor) {
    var owner =
        owners.computeIfAbsent(
            scope,
            name ->
                new Owner(
                    new VectorShelf(maxBytes, clock),
                    lanes.get(Math.floorMod(name.hashCode(), lanes.size()))));
    return new Opened(owner, executor);
  }

  /** Is an owner's shelf with the lane that may touch it. */
  private static final class Owner {
    private final VectorShelf shelf;
    private final Lane lane;

    /** Touched in the lane only. */
    private boolean stepping;

    Owner(VectorShelf shelf, Lane lane) {
      this.shelf = shelf;
      this.lane = lane;
    }

    <T> void run(Function<VectorShelf, T> operation, Executor executor, Completion<T> completion) {
      lane.run(
          () -> {
            try {
              T result = operation.apply(shelf);
              executor.execute(() -> completion.succeeded(result));
            } catch (ServiceException e) {
              executor.execute(() -> completion.failed(e));
            } catch (RuntimeException e) {
              var error = new ServiceException(Reason.INTERNAL, "vectors: " + e);
              executor.execute(() -> completion.failed(error));
            }
            stepLater();
          },
          error -> executor.execute(() -> completion.failed(error)));
    }

    private void stepLater() {
      if (!stepping && shelf.behind() != null) {
        stepping = lane.offer(this::step);
      }
    }

    private void step() {
      stepping = false;
      long until = System.nanoTime() + SLICE_NANOS;
      for (var space = shelf.behind();
          space != null && System.nanoTime() - until < 0;
          space = shelf.behind()) {
        space.step();
      }
      stepLater();
    }
  }

  /** Is what one caller holds. */
  private record Opened(Owner owner, Executor executor) implements Vectors {
    @Override
    public void upsert(
        String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> completion) {
      VectorArguments.check(namespace, item);
      var unit = VectorArguments.unit(item.vector());
      long nanos = VectorArguments.nanos(ttl);
      // A copy: the caller may change its own while the call waits.
      var copy = new Item(item.key(), unit, item.value().clone(), Map.copyOf(item.attributes()));
      owner.run(shelf -> shelf.upsert(namespace, copy, nanos), executor, completion);
    }

    @Override
    public void search(String namespace, Query query, Completion<List<Hit>> completion) {
      VectorArguments.check(namespace, query);
      var unit = VectorArguments.unit(query.vector());
      var copy = new Query(unit, query.k(), query.minScore(), Map.copyOf(query.filter()));
      owner.run(shelf -> shelf.search(namespace, copy), executor, completion);
    }

    @Override
    public void delete(String namespace, String key, Completion<Boolean> completion) {
      VectorArguments.name("namespace", namespace);
      VectorArguments.name("key", key);
      owner.run(shelf -> shelf.delete(namespace, key), executor, completion);
    }

    @Override
    public void deleteWhere(
        String namespace, Map<String, String> filter, Completion<Long> completion) {
      VectorArguments.name("namespace", namespace);
      VectorArguments.attributes(filter);
      var copy = Map.copyOf(filter);
      owner.run(shelf -> shelf.deleteWhere(namespace, copy), executor, completion);
    }
  }

  /** Returns what owners keep. */
  List<ServiceUsage> usage() {
    var usage = new ArrayList<ServiceUsage>();
    owners.forEach(
        (scope, owner) -> {
          var shelf = owner.shelf;
          usage.add(new ServiceUsage(scope, shelf.items(), shelf.bytes(), shelf.evictions()));
        });
    return usage;
  }

  @Override
  public void close() {
    lanes.forEach(Lane::close);
  }
}
