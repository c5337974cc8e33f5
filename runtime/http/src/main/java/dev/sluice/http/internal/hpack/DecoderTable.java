package dev.sluice.http.internal.hpack;

import org.jspecify.annotations.Nullable;

/** Is the dynamic table of a decoder (RFC 7541 section 2.3.2): a ring, the newest entry first. */
final class DecoderTable {
  private @Nullable Field[] ring = new @Nullable Field[64];
  private int head;
  private int count;
  private int size;
  private int capacity;

  DecoderTable(int capacity) {
    this.capacity = capacity;
  }

  int count() {
    return count;
  }

  int capacity() {
    return capacity;
  }

  /** Returns an entry; 0 is the newest. */
  @Nullable Field get(int index) {
    return index < 0 || index >= count ? null : ring[(head - 1 - index) & (ring.length - 1)];
  }

  void capacity(int octets) {
    capacity = octets;
    evict(0);
  }

  void add(Field field) {
    int octets = field.size();
    evict(octets);
    if (octets > capacity) {
      return;
    }
    if (count == ring.length) {
      @Nullable Field[] larger = new @Nullable Field[count * 2];
      for (int i = 0; i < count; i++) {
        larger[i] = get(count - 1 - i);
      }
      ring = larger;
      head = count;
    }
    ring[head] = field;
    head = (head + 1) & (ring.length - 1);
    count++;
    size += octets;
  }

  private void evict(int octets) {
    while (count > 0 && size + octets > capacity) {
      int oldest = (head - count) & (ring.length - 1);
      var field = ring[oldest];
      ring[oldest] = null;
      count--;
      size -= field == null ? 0 : field.size();
    }
  }
}
