package dev.sluice.http.internal.hpack;

import org.jspecify.annotations.Nullable;

/** Is the dynamic table of an encoder (RFC 7541 section 2.3.2), found by name and value. */
final class EncoderTable {
  private static final int BUCKETS = 256;
  private static final int RING = 256;

  private final @Nullable Entry[] buckets = new @Nullable Entry[BUCKETS];
  private final @Nullable Entry[] ring = new @Nullable Entry[RING];
  private long inserted;
  private int count;
  private int size;
  private int capacity;

  /** Is an entry; its number counts all that were ever inserted, from 1. */
  static final class Entry {
    final String name;
    final String value;
    final int hash;
    final long number;
    private @Nullable Entry next;

    private Entry(String name, String value, int hash, long number) {
      this.name = name;
      this.value = value;
      this.hash = hash;
      this.number = number;
    }
  }

  EncoderTable(int capacity) {
    this.capacity = capacity;
  }

  int capacity() {
    return capacity;
  }

  void capacity(int octets) {
    capacity = octets;
    evict(0);
  }

  /** Returns the index of an entry in the whole address space, or 0 when it was evicted. */
  int index(long number) {
    long age = inserted - number;
    return age < count ? (int) age + StaticTable.SIZE + 1 : 0;
  }

  static int hash(String name, String value) {
    return name.hashCode() * 31 + value.hashCode();
  }

  /** Returns the number of an entry, or 0. */
  long find(String name, String value, int hash) {
    for (var entry = buckets[slot(hash)]; entry != null; entry = entry.next) {
      if (entry.hash == hash && entry.name.equals(name) && entry.value.equals(value)) {
        return entry.number;
      }
    }
    return 0;
  }

  /** Inserts an entry that is not there, and returns its number. */
  long add(String name, String value, int hash) {
    int octets = name.length() + value.length() + Field.OVERHEAD;
    evict(octets);
    if (octets > capacity) {
      return 0;
    }
    var entry = new Entry(name, value, hash, ++inserted);
    int slot = slot(hash);
    entry.next = buckets[slot];
    buckets[slot] = entry;
    ring[(int) (entry.number & (RING - 1))] = entry;
    count++;
    size += octets;
    return entry.number;
  }

  private void evict(int octets) {
    while (count > 0 && (size + octets > capacity || count == RING)) {
      int place = (int) ((inserted - count + 1) & (RING - 1));
      var oldest = ring[place];
      ring[place] = null;
      count--;
      if (oldest != null) {
        size -= oldest.name.length() + oldest.value.length() + Field.OVERHEAD;
        unlink(oldest);
      }
    }
  }

  private void unlink(Entry entry) {
    int slot = slot(entry.hash);
    var at = buckets[slot];
    if (at == entry) {
      buckets[slot] = entry.next;
      return;
    }
    while (at != null && at.next != entry) {
      at = at.next;
    }
    if (at != null) {
      at.next = entry.next;
    }
  }

  private static int slot(int hash) {
    return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (BUCKETS - 1);
  }
}
