package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the vectors of one owner, in bytes up to a bound: past it those go that were not found for
 * the longest time. Owned by one thread.
 */
final class VectorShelf {
  private final long maxBytes;
  private final LongSupplier clock;
  private final Map<String, VectorSpace> spaces = new HashMap<>();

  /** All items, the one that was used longest ago first. */
  private final Map<Place, StoredVector> byUse = new LinkedHashMap<>(16, 0.75f, true);

  private PriorityQueue<StoredVector> byExpiry = expiries();

  // Written by the owning thread, read by any.
  private final AtomicLong bytes = new AtomicLong();
  private volatile long items;
  private final AtomicLong evictions = new AtomicLong();

  /** Is where an item stands. */
  private record Place(String namespace, String key) {}

  /**
   * Creates an empty shelf.
   *
   * @param clock tells nanoseconds
   */
  VectorShelf(long maxBytes, LongSupplier clock) {
    this.maxBytes = maxBytes;
    this.clock = clock;
  }

  private static PriorityQueue<StoredVector> expiries() {
    return new PriorityQueue<>(Comparator.comparingLong(item -> item.expires));
  }

  /** Stores or replaces an item, whose vector has unit length; answers whether it is new. */
  boolean upsert(String namespace, Item item, long ttlNanos) {
    int dimensions = item.vector().length;
    expire();
    var stored =
        new StoredVector(
            namespace,
            item,
            ttlNanos == Long.MAX_VALUE ? Long.MAX_VALUE : clock.getAsLong() + ttlNanos);
    if (stored.bytes() > maxBytes) {
      throw new ServiceException(
          Reason.LIMIT,
          "vectors: an item of " + stored.bytes() + " bytes (expected: at most " + maxBytes + ")");
    }
    requireDimensions(namespace, dimensions);
    var space = spaces.get(namespace);
    var old = space == null ? null : space.get(item.key());
    if (old != null) {
      remove(old);
    }
    makeRoom(stored.bytes());
    // Looked for again: the last item of a space takes the space with it.
    spaces.computeIfAbsent(namespace, name -> new VectorSpace(dimensions)).add(stored);
    byUse.put(new Place(namespace, item.key()), stored);
    bytes.addAndGet(stored.bytes());
    items = byUse.size();
    if (stored.expires != Long.MAX_VALUE) {
      byExpiry.add(stored);
    }
    return old == null;
  }

  List<Hit> search(String namespace, Query query) {
    int dimensions = query.vector().length;
    expire();
    requireDimensions(namespace, dimensions);
    var space = spaces.get(namespace);
    if (space == null) {
      return List.of();
    }
    var found =
        space.search(
            query.vector(), query.k(), query.minScore(), query.filter(), clock.getAsLong());
    return found.stream()
        .map(
            hit -> {
              var item = hit.item();
              byUse.get(new Place(namespace, item.key));
              double score = Math.clamp(hit.score(), -1f, 1f);
              return new Hit(item.key, score, item.value.clone(), item.attributes);
            })
        .toList();
  }

  boolean delete(String namespace, String key) {
    expire();
    var space = spaces.get(namespace);
    var item = space == null ? null : space.get(key);
    if (item != null) {
      remove(item);
    }
    return item != null;
  }

  long deleteWhere(String namespace, Map<String, String> filter) {
    expire();
    var space = spaces.get(namespace);
    if (space == null) {
      return 0;
    }
    var items = space.having(filter);
    items.forEach(this::remove);
    return items.size();
  }

  private void requireDimensions(String namespace, int dimensions) {
    var space = spaces.get(namespace);
    if (space != null && space.dimensions != dimensions) {
      throw new ServiceException(
          Reason.BAD_ARGUMENT,
          "vectors: a vector of "
              + dimensions
              + " dimensions (expected: "
              + space.dimensions
              + ", as the others in "
              + namespace
              + ")");
    }
  }

  private void makeRoom(long more) {
    var eldest = byUse.values().iterator();
    while (bytes.get() + more > maxBytes && eldest.hasNext()) {
      var item = eldest.next();
      eldest.remove();
      forget(item);
      evictions.incrementAndGet();
    }
  }

  private void expire() {
    long now = clock.getAsLong();
    while (!byExpiry.isEmpty()
        && (byExpiry.element().isDead() || byExpiry.element().expires <= now)) {
      var item = byExpiry.remove();
      if (!item.isDead()) {
        remove(item);
      }
    }
    if (byExpiry.size() > 1_000 + 2 * byUse.size()) {
      var living = expiries();
      byExpiry.stream().filter(item -> !item.isDead()).forEach(living::add);
      byExpiry = living;
    }
  }

  private void remove(StoredVector item) {
    byUse.remove(new Place(item.namespace, item.key));
    forget(item);
  }

  private void forget(StoredVector item) {
    var space = Objects.requireNonNull(spaces.get(item.namespace));
    space.remove(item);
    bytes.addAndGet(-item.bytes());
    items = byUse.size();
    if (space.isEmpty()) {
      spaces.remove(item.namespace);
    }
  }

  /** Returns a namespace with work to do in the background. */
  @Nullable VectorSpace behind() {
    for (var space : spaces.values()) {
      if (space.backlog() > 0) {
        return space;
      }
    }
    return null;
  }

  /** Returns about how many bytes the living items take. */
  long bytes() {
    return bytes.get();
  }

  long items() {
    return items;
  }

  long evictions() {
    return evictions.get();
  }
}
