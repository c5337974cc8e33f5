package dev.sluice.plugin.host;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds values by similarity of vectors (cosine), in namespaces of the plugin. */
public interface Vectors {
  /** Is a stored vector; {@code attributes} can be filtered by equality. */
  record Item(String key, float[] vector, byte[] value, Map<String, String> attributes) {}

  /** Is a hit; {@code score} is the cosine similarity, -1 to 1. */
  record Hit(String key, double score, byte[] value, Map<String, String> attributes) {}

  /**
   * Is a search.
   *
   * @param k how many hits at the most
   * @param minScore the lowest score
   * @param filter attributes that must be equal
   */
  record Query(float[] vector, int k, double minScore, Map<String, String> filter) {}

  /** Stores or replaces an item. */
  void upsert(String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> completion);

  /** Searches; sees what this caller stored before. */
  void search(String namespace, Query query, Completion<List<Hit>> completion);

  /** Deletes a key and answers whether it was there. */
  void delete(String namespace, String key, Completion<Boolean> completion);

  /** Deletes all items whose attributes are equal and answers how many. */
  void deleteWhere(String namespace, Map<String, String> filter, Completion<Long> completion);
}
