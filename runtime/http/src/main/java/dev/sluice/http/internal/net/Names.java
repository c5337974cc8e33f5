package dev.sluice.http.internal.net;

import dev.sluice.http.internal.net.Name.Role;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Turns the octets of field names into shared strings, so that a repeated name is the same object:
 * common names in all loops, others in one loop as long as no other takes their place.
 *
 * <p>The hash is that of {@link String#hashCode} over the lower-case name, and can be computed
 * while the octets are checked. Belongs to its loop.
 */
public final class Names {
  private static final int COMMON_SIZE = 1024;
  private static final int SEEN_SIZE = 512;
  private static final int LONGEST_KEPT = 64;
  private static final @Nullable Name[] COMMON = new @Nullable Name[COMMON_SIZE];

  /** Lower-case octet of each token character (RFC 9110 section 5.6.2), or 0. */
  private static final byte[] TOKEN = new byte[256];

  private final @Nullable Name[] seen = new @Nullable Name[SEEN_SIZE];

  static {
    for (char c = 'a'; c <= 'z'; c++) {
      TOKEN[c] = (byte) c;
      TOKEN[c - 32] = (byte) c;
    }
    for (char c = '0'; c <= '9'; c++) {
      TOKEN[c] = (byte) c;
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = (byte) c;
    }
    for (var name : CommonNames.ALL) {
      int slot = slot(name.hashCode());
      while (COMMON[slot] != null) {
        slot = (slot + 1) & (COMMON_SIZE - 1);
      }
      COMMON[slot] = new Name(name, role(name));
    }
  }

  /** Returns the lower-case octet of a token character, or 0 when the octet is none. */
  public static byte token(byte octet) {
    return TOKEN[octet & 0xff];
  }

  /** Returns whether a text is a token. */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 127 || TOKEN[c] == 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /**
   * Returns the name whose octets, in either case and known to be token characters, stand in an
   * array.
   *
   * @param hash over the lower-case octets, as {@link String#hashCode} computes it
   */
  public Name get(byte[] octets, int from, int length, int hash) {
    for (int slot = slot(hash); ; slot = (slot + 1) & (COMMON_SIZE - 1)) {
      var name = COMMON[slot];
      if (name == null) {
        break;
      }
      if (matches(name.text(), octets, from, length)) {
        return name;
      }
    }
    int slot = (hash ^ (hash >>> 9)) & (SEEN_SIZE - 1);
    var known = seen[slot];
    if (known != null && matches(known.text(), octets, from, length)) {
      return known;
    }
    var lower = new byte[length];
    for (int i = 0; i < length; i++) {
      lower[i] = TOKEN[octets[from + i] & 0xff];
    }
    var text = latin1(lower, 0, length);
    var name = new Name(text, Role.PLAIN);
    if (length <= LONGEST_KEPT) {
      seen[slot] = name;
    }
    return name;
  }

  /** Returns the common name equal to a (lower-case) text, or null. */
  public static @Nullable Name common(String text) {
    for (int slot = slot(text.hashCode()); ; slot = (slot + 1) & (COMMON_SIZE - 1)) {
      var name = COMMON[slot];
      if (name == null || name.text().equals(text)) {
        return name;
      }
    }
  }

  /** Returns octets as a string of ISO 8859-1, which the JDK keeps as octets too. */
  @SuppressWarnings("deprecation") // the fastest way, and exact for ISO 8859-1
  public static String latin1(byte[] octets, int from, int length) {
    return new String(octets, 0, from, length);
  }

  /** Puts the octets of a string of ISO 8859-1 into an array and returns the place after them. */
  @SuppressWarnings("deprecation") // the fastest way, and exact for ISO 8859-1
  public static int put(String text, byte[] to, int at) {
    int length = text.length();
    text.getBytes(0, length, to, at);
    return at + length;
  }

  private static boolean matches(String name, byte[] octets, int from, int length) {
    if (name.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (name.charAt(i) != (char) TOKEN[octets[from + i] & 0xff]) {
        return false;
      }
    }
    return true;
  }

  private static int slot(int hash) {
    return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (COMMON_SIZE - 1);
  }

  private static Role role(String name) {
    return switch (name) {
      case "host" -> Role.HOST;
      case "te" -> Role.TE;
      case "proxy-connection", "keep-alive", "http2-settings" -> Role.HOP_BY_HOP;
      case "content-length", "transfer-encoding", "connection", "upgrade", "cookie" ->
          Role.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
      default -> Role.PLAIN;
    };
  }
}
