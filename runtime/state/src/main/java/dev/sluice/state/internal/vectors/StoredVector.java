package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.Vectors.Item;
import java.util.Map;

/** Is an item as it is kept; owned by the thread of its {@link VectorShelf}. */
final class StoredVector {
  /** What the objects around an item take: entries of maps and lists, headers. */
  private static final int OVERHEAD = 300;

  /** What a node of the graph takes, with 2 x 16 neighbours at its lowest level. */
  private static final int NODE = 400;

  final String namespace;
  final String key;
  final byte[] value;
  final Map<String, String> attributes;

  /** Of unit length. */
  final float[] vector;

  /** On the clock of the shelf. */
  final long expires;

  private boolean dead;

  StoredVector(String namespace, Item item, long expires) {
    this.namespace = namespace;
    this.key = item.key();
    this.value = item.value();
    this.attributes = item.attributes();
    this.vector = item.vector();
    this.expires = expires;
  }

  boolean isDead() {
    return dead;
  }

  void die() {
    dead = true;
  }

  boolean has(Map<String, String> filter) {
    for (var wanted : filter.entrySet()) {
      if (!wanted.getValue().equals(attributes.get(wanted.getKey()))) {
        return false;
      }
    }
    return true;
  }

  /** Returns about how many bytes of memory it takes. */
  long bytes() {
    long bytes = OVERHEAD + NODE + 4L * vector.length + value.length + 2L * key.length();
    for (var attribute : attributes.entrySet()) {
      bytes += 120 + attribute.getKey().length() + attribute.getValue().length();
    }
    return bytes;
  }
}
