package dev.sluice.http.internal.hpack;

import dev.sluice.http.internal.net.Name;
import dev.sluice.http.internal.net.Names;

/** Is the static table (RFC 7541 appendix A). */
final class StaticTable {
  /** Entries; the first has index 1. */
  static final int SIZE = 61;

  private static final String[] TEXT = {
    ":authority", "",
    ":method", "GET",
    ":method", "POST",
    ":path", "/",
    ":path", "/index.html",
    ":scheme", "http",
    ":scheme", "https",
    ":status", "200",
    ":status", "204",
    ":status", "206",
    ":status", "304",
    ":status", "400",
    ":status", "404",
    ":status", "500",
    "accept-charset", "",
    "accept-encoding", "gzip, deflate",
    "accept-language", "",
    "accept-ranges", "",
    "accept", "",
    "access-control-allow-origin", "",
    "age", "",
    "allow", "",
    "authorization", "",
    "cache-control", "",
    "content-disposition", "",
    "content-encoding", "",
    "content-language", "",
    "content-length", "",
    "content-location", "",
    "content-range", "",
    "content-type", "",
    "cookie", "",
    "date", "",
    "etag", "",
    "expect", "",
    "expires", "",
    "from", "",
    "host", "",
    "if-match", "",
    "if-modified-since", "",
    "if-none-match", "",
    "if-range", "",
    "if-unmodified-since", "",
    "last-modified", "",
    "link", "",
    "location", "",
    "max-forwards", "",
    "proxy-authenticate", "",
    "proxy-authorization", "",
    "range", "",
    "referer", "",
    "refresh", "",
    "retry-after", "",
    "server", "",
    "set-cookie", "",
    "strict-transport-security", "",
    "transfer-encoding", "",
    "user-agent", "",
    "vary", "",
    "via", "",
    "www-authenticate", ""
  };

  private static final Field[] FIELDS = new Field[SIZE + 1];
  private static final int SLOTS = 256;

  /** First index of each name, by hash. */
  private static final int[] BY_NAME = new int[SLOTS];

  static {
    FIELDS[0] = Field.of(new Name("", Name.Role.PLAIN), "", true);
    for (int i = 1; i <= SIZE; i++) {
      var name = Names.common(TEXT[i * 2 - 2]);
      if (name == null) {
        throw new IllegalStateException(TEXT[i * 2 - 2] + " is not a common name");
      }
      var value = TEXT[i * 2 - 1];
      FIELDS[i] = Field.of(name, value.intern(), false);
      int slot = slot(name.text());
      while (BY_NAME[slot] != 0 && !FIELDS[BY_NAME[slot]].name().equals(name)) {
        slot = (slot + 1) & (SLOTS - 1);
      }
      if (BY_NAME[slot] == 0) {
        BY_NAME[slot] = i;
      }
    }
  }

  private StaticTable() {}

  /** Returns the field at an index from 1 to {@link #SIZE}. */
  static Field get(int index) {
    return FIELDS[index];
  }

  /** Returns the first index of a name, or 0. */
  static int indexOf(String name) {
    for (int slot = slot(name); BY_NAME[slot] != 0; slot = (slot + 1) & (SLOTS - 1)) {
      if (FIELDS[BY_NAME[slot]].name().text().equals(name)) {
        return BY_NAME[slot];
      }
    }
    return 0;
  }

  /** Returns the index of a field whose name has its first index, or 0. */
  static int indexOf(int first, String name, String value) {
    if (value.isEmpty()) {
      return 0;
    }
    for (int i = first; i <= SIZE && FIELDS[i].name().text().equals(name); i++) {
      if (FIELDS[i].value().equals(value)) {
        return i;
      }
    }
    return 0;
  }

  private static int slot(String name) {
    int hash = name.hashCode();
    return (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (SLOTS - 1);
  }
}
