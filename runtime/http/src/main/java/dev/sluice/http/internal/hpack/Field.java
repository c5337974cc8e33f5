package dev.sluice.http.internal.hpack;

import dev.sluice.http.internal.net.Name;

/**
 * Is a header field of a table: checked once, then handed out by reference as often as it is
 * repeated.
 *
 * @param name its name
 * @param value its value
 * @param pseudo which pseudo-header it is
 * @param malformed whether the name or the value breaks RFC 9113 section 8.2.1
 */
record Field(Name name, String value, Pseudo pseudo, boolean malformed) {
  /** Names the pseudo-headers (RFC 9113 section 8.3, RFC 8441). */
  enum Pseudo {
    NONE("", 0),
    AUTHORITY(":authority", 1),
    METHOD(":method", 2),
    PATH(":path", 4),
    SCHEME(":scheme", 8),
    STATUS(":status", 16),
    PROTOCOL(":protocol", 32),
    UNKNOWN(":", 64);

    private static final Pseudo[] ALL = values();
    private final String text;
    private final int bit;

    Pseudo(String text, int bit) {
      this.text = text;
      this.bit = bit;
    }

    /** Returns its place in a set. */
    int bit() {
      return bit;
    }

    static Pseudo of(String name) {
      if (name.isEmpty() || name.charAt(0) != ':') {
        return NONE;
      }
      for (var pseudo : ALL) {
        if (pseudo.text.equals(name)) {
          return pseudo;
        }
      }
      return UNKNOWN;
    }
  }

  /** Octets that an entry of a table is counted with beside its strings (RFC 7541 section 4.1). */
  static final int OVERHEAD = 32;

  /** Makes a field out of octets that were checked. */
  static Field of(Name name, String value, boolean malformed) {
    var pseudo = Pseudo.of(name.text());
    return new Field(name, value, pseudo, malformed || pseudo == Pseudo.UNKNOWN);
  }

  /** Returns its size as tables and header list limits count it. */
  int size() {
    return name.text().length() + value.length() + OVERHEAD;
  }
}
