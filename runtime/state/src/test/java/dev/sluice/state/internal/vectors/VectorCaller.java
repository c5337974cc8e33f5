package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.Vectors;
import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import dev.sluice.state.testing.Answers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls vectors and waits for the answers. */
record VectorCaller(Vectors vectors) {
  boolean put(String namespace, String key, float... vector) {
    return put(namespace, key, Map.of(), null, vector);
  }

  boolean put(
      String namespace,
      String key,
      Map<String, String> attributes,
      @Nullable Duration ttl,
      float... vector) {
    var item =
        new Item(key, vector, ("value of " + key).getBytes(StandardCharsets.UTF_8), attributes);
    return Answers.<Boolean>await(done -> vectors.upsert(namespace, item, ttl, done));
  }

  List<Hit> find(String namespace, int k, double minScore, Map<String, String> filter, float... v) {
    return Answers.await(
        done -> vectors.search(namespace, new Query(v, k, minScore, filter), done));
  }

  List<String> keys(String namespace, int k, float... vector) {
    return find(namespace, k, -1, Map.of(), vector).stream().map(Hit::key).toList();
  }

  boolean delete(String namespace, String key) {
    return Answers.<Boolean>await(done -> vectors.delete(namespace, key, done));
  }

  long deleteWhere(String namespace, Map<String, String> filter) {
    return Answers.<Long>await(done -> vectors.deleteWhere(namespace, filter, done));
  }
}
