package dev.sluice.http.internal.hpack;

import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Compresses header blocks (RFC 7541). Remembers what stood at each place of the last block: the
 * same objects again cost two comparisons and one octet. A value that differs each time is not put
 * into the table any more, so that it does not push out what repeats. Belongs to one connection.
 */
public final class HpackEncoder {
  private static final int PLACES = 48;

  /** Values that may differ in a row at a place before the table is spared. */
  private static final int PATIENCE = 3;

  private static final int OWN_CAPACITY = 4096;
  private static final int SHORT_SECRET = 20;

  private final EncoderTable table = new EncoderTable(OWN_CAPACITY);
  private final Place[] places = new Place[PLACES];
  private byte[] out = {};
  private int at;
  private int smallestCapacity = -1;

  /** Is what stood at a place of the last block. */
  private static final class Place {
    private @Nullable String name;
    private @Nullable String value;
    private int staticIndex;
    private long number;
    private int changes;

    /** Compares references only: the search behind a miss finds what is merely equal. */
    @SuppressWarnings("ReferenceEquality")
    private boolean holds(String ofName, String ofValue) {
      return name == ofName && value == ofValue;
    }
  }

  /** Creates an encoder. */
  public HpackEncoder() {
    for (int i = 0; i < PLACES; i++) {
      places[i] = new Place();
    }
  }

  /** Takes over the table size that the peer allows. */
  public void capacity(long allowed) {
    int capacity = (int) Math.min(allowed, OWN_CAPACITY);
    if (capacity != table.capacity()) {
      smallestCapacity = smallestCapacity < 0 ? capacity : Math.min(smallestCapacity, capacity);
      table.capacity(capacity);
    }
  }

  /** Returns the table size in use. */
  public int capacity() {
    return table.capacity();
  }

  /** Returns octets that are enough for the block of some headers. */
  public static int bound(Headers headers) {
    return headers.octets() + headers.size() * 16 + 32;
  }

  /**
   * Compresses the fields that may cross a connection.
   *
   * @param to has room for {@link #bound}
   * @return the place after the block
   */
  public int encode(Headers headers, byte[] to, int from) {
    out = to;
    at = from;
    if (smallestCapacity >= 0) {
      // RFC 7541 section 4.2: the smallest size in between, then the last one.
      if (smallestCapacity < table.capacity()) {
        integer(0x20, 5, smallestCapacity);
      }
      integer(0x20, 5, table.capacity());
      smallestCapacity = -1;
    }
    for (int i = 0, size = headers.size(); i < size; i++) {
      field(i, headers.name(i), headers.value(i));
    }
    return at;
  }

  private void field(int index, String name, String value) {
    if (index >= PLACES) {
      if (Hop.passes(name, value)) {
        literal(0x00, 4, StaticTable.indexOf(name), name, value);
      }
      return;
    }
    var place = places[index];
    if (place.holds(name, value)) {
      if (place.staticIndex != 0) {
        integer(0x80, 7, place.staticIndex);
        return;
      }
      int known = place.number == 0 ? 0 : table.index(place.number);
      if (known != 0) {
        integer(0x80, 7, known);
        place.changes = 0;
        return;
      }
    }
    search(place, name, value);
  }

  private void search(Place place, String name, String value) {
    if (!Hop.passes(name, value)) {
      return;
    }
    boolean sameName = name.equals(place.name);
    boolean sameValue = sameName && value.equals(place.value);
    place.changes = sameName && !sameValue ? place.changes + 1 : sameName ? place.changes : 0;
    if (sameValue) {
      place.changes = 0;
    }
    place.name = name;
    place.value = value;
    place.number = 0;
    int first = StaticTable.indexOf(name);
    place.staticIndex = first == 0 ? 0 : StaticTable.indexOf(first, name, value);
    if (place.staticIndex != 0) {
      integer(0x80, 7, place.staticIndex);
      return;
    }
    int hash = EncoderTable.hash(name, value);
    long number = table.find(name, value, hash);
    int known = number == 0 ? 0 : table.index(number);
    if (known != 0) {
      place.number = number;
      integer(0x80, 7, known);
    } else if (isSecret(name, value)) {
      literal(0x10, 4, first, name, value);
    } else if (place.changes > PATIENCE
        || name.length() + value.length() + Field.OVERHEAD > table.capacity() / 4) {
      literal(0x00, 4, first, name, value);
    } else {
      literal(0x40, 6, first, name, value);
      place.number = table.add(name, value, hash);
    }
  }

  /** What must not be guessed from the size of blocks (RFC 7541 section 7.1). */
  private static boolean isSecret(String name, String value) {
    return switch (name) {
      case "authorization",
          "proxy-authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "set-cookie" ->
          true;
      case "cookie" -> value.length() < SHORT_SECRET;
      default -> false;
    };
  }

  private void literal(int first, int bits, int nameIndex, String name, String value) {
    integer(first, bits, nameIndex);
    boolean indexed = first == 0x40;
    if (nameIndex == 0) {
      string(name, indexed);
    }
    string(value, indexed);
  }

  /** Writes a string; the work of the Huffman code pays where the peer's table keeps the result. */
  private void string(String text, boolean huffman) {
    int length = text.length();
    int shorter = huffman ? Huffman.encodedLength(text) : length;
    if (shorter < length) {
      integer(0x80, 7, shorter);
      at = Huffman.encode(text, out, at);
    } else {
      integer(0x00, 7, length);
      at = Names.put(text, out, at);
    }
  }

  private void integer(int first, int bits, int value) {
    int mask = (1 << bits) - 1;
    if (value < mask) {
      out[at++] = (byte) (first | value);
      return;
    }
    out[at++] = (byte) (first | mask);
    int rest = value - mask;
    while (rest >= 128) {
      out[at++] = (byte) (rest | 128);
      rest >>>= 7;
    }
    out[at++] = (byte) rest;
  }
}
