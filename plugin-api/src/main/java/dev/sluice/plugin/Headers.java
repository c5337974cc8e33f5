package dev.sluice.plugin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Holds the header fields of one message in order: pseudo-headers ({@code :status}) first, names in
 * lower case, repeated names as separate fields (RFC 9110 section 5).
 *
 * <p>A character stands for one octet of the wire (ISO 8859-1), so every value passes through
 * unchanged; text beyond it is UTF-8 octets. Not thread-safe: belongs to the event loop of its
 * exchange.
 *
 * <p>Look-ups scan: with the few fields that messages have, comparing references first, that beats
 * hashing. Codecs use shared constants for common names, so most comparisons end at the reference.
 * Guarded by the benchmark {@code HeadersBench}.
 */
public final class Headers {
  private static final String FREE = "";

  /** Names and values in turn; freed slots hold {@link #FREE}, so that nothing is kept alive. */
  private String[] fields;

  private int size;

  /** Creates headers with room for 16 fields. */
  public Headers() {
    this(16);
  }

  /** Creates headers with room for {@code capacity} fields; they grow when needed. */
  public Headers(int capacity) {
    fields = new String[Math.max(capacity, 4) * 2];
  }

  /** Returns headers with the names and values given in turn. */
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "namesAndValues: " + namesAndValues.length + " (expected: an even number)");
    }
    var headers = new Headers(namesAndValues.length / 2);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  /** Returns the number of fields. */
  public int size() {
    return size;
  }

  /** Returns whether there is no field. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Returns the name of the field at an index from 0 to {@code size() - 1}. */
  public String name(int index) {
    return field(index * 2, index);
  }

  /** Returns the value of the field at an index from 0 to {@code size() - 1}. */
  public String value(int index) {
    return field(index * 2 + 1, index);
  }

  private String field(int slot, int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("index: " + index + " (expected: 0.." + (size - 1) + ")");
    }
    return fields[slot];
  }

  /** Returns the index of the first field with a (lower-case) name at or after an index, or -1. */
  public int indexOf(String name, int from) {
    var slots = fields;
    for (int i = from * 2, end = size * 2; i < end; i += 2) {
      var candidate = slots[i];
      if (name.equals(candidate)) {
        return i / 2;
      }
    }
    return -1;
  }

  /** Returns the first value of a (lower-case) name, or null. */
  public @Nullable String get(String name) {
    int index = indexOf(name, 0);
    return index < 0 ? null : fields[index * 2 + 1];
  }

  /** Returns the first value of a (lower-case) name, or {@code otherwise}. */
  public String get(String name, String otherwise) {
    var value = get(name);
    return value == null ? otherwise : value;
  }

  /** Returns all values of a (lower-case) name in order. */
  public List<String> getAll(String name) {
    var values = new ArrayList<String>(2);
    for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
      values.add(value(i));
    }
    return values;
  }

  /** Returns whether a field with a (lower-case) name is there. */
  public boolean contains(String name) {
    return indexOf(name, 0) >= 0;
  }

  /**
   * Adds a field after the others (a pseudo-header after the other pseudo-headers). The name is
   * lower-cased.
   *
   * @throws IllegalArgumentException when the name is no token or the value has CR, LF or NUL
   */
  public Headers add(String name, String value) {
    var valid = validName(name);
    validValue(valid, value);
    if (valid.charAt(0) == ':') {
      int at = 0;
      while (at < size && name(at).charAt(0) == ':') {
        at++;
      }
      insert(at, valid, value);
    } else {
      addTrusted(valid, value);
    }
    return this;
  }

  /**
   * Adds a field without any check: for codecs, which have validated it and whose name is lower
   * case.
   */
  public void addTrusted(String name, String value) {
    int at = size * 2;
    if (at == fields.length) {
      fields = Arrays.copyOf(fields, at * 2);
    }
    fields[at] = name;
    fields[at + 1] = value;
    size++;
  }

  /**
   * Sets a name to one value, in place of the first field of that name; other fields of the name
   * are removed.
   *
   * @throws IllegalArgumentException as {@link #add}
   */
  public Headers set(String name, String value) {
    var valid = validName(name);
    int index = indexOf(valid, 0);
    if (index < 0) {
      return add(valid, value);
    }
    validValue(valid, value);
    fields[index * 2 + 1] = value;
    removeFrom(valid, index + 1);
    return this;
  }

  /** Replaces the value of the field at an index without any check: for codecs and the host. */
  public void setTrusted(int index, String value) {
    field(index * 2, index);
    fields[index * 2 + 1] = value;
  }

  /** Removes all fields of a (lower-case) name and returns whether there was one. */
  public boolean remove(String name) {
    return removeFrom(name, 0);
  }

  private boolean removeFrom(String name, int from) {
    int first = indexOf(name, from);
    if (first < 0) {
      return false;
    }
    int to = first * 2;
    for (int i = first * 2, end = size * 2; i < end; i += 2) {
      var candidate = fields[i];
      if (!name.equals(candidate)) {
        fields[to] = candidate;
        fields[to + 1] = fields[i + 1];
        to += 2;
      }
    }
    Arrays.fill(fields, to, size * 2, FREE);
    size = to / 2;
    return true;
  }

  /** Removes the field at an index. */
  public void removeAt(int index) {
    field(index * 2, index);
    System.arraycopy(fields, index * 2 + 2, fields, index * 2, (size - index - 1) * 2);
    size--;
    fields[size * 2] = FREE;
    fields[size * 2 + 1] = FREE;
  }

  /** Removes all fields. */
  public void clear() {
    Arrays.fill(fields, 0, size * 2, FREE);
    size = 0;
  }

  /** Returns a copy. */
  public Headers copy() {
    var copy = new Headers(size);
    System.arraycopy(fields, 0, copy.fields, 0, size * 2);
    copy.size = size;
    return copy;
  }

  /** Replaces all fields by those of another. */
  public void setAll(Headers other) {
    if (other == this) {
      return;
    }
    clear();
    if (fields.length < other.size * 2) {
      fields = new String[other.size * 2];
    }
    System.arraycopy(other.fields, 0, fields, 0, other.size * 2);
    size = other.size;
  }

  /** Returns the octets of all names and values. */
  public int octets() {
    int octets = 0;
    for (int i = 0; i < size * 2; i++) {
      octets += fields[i].length();
    }
    return octets;
  }

  /** Returns the request method ({@code :method}), or null. */
  public @Nullable String method() {
    return get(":method");
  }

  /** Returns the request target ({@code :path}), or null. */
  public @Nullable String path() {
    return get(":path");
  }

  /** Returns the host that the request is for ({@code :authority}), or null. */
  public @Nullable String authority() {
    return get(":authority");
  }

  /** Returns the response status ({@code :status}), or 0 when there is none that is a number. */
  public int status() {
    var status = get(":status");
    if (status == null || status.length() != 3) {
      return 0;
    }
    int a = status.charAt(0) - '0';
    int b = status.charAt(1) - '0';
    int c = status.charAt(2) - '0';
    return (a | b | c) < 0 || a > 9 || b > 9 || c > 9 ? 0 : a * 100 + b * 10 + c;
  }

  private void insert(int index, String name, String value) {
    addTrusted(name, value);
    System.arraycopy(fields, index * 2, fields, index * 2 + 2, (size - 1 - index) * 2);
    fields[index * 2] = name;
    fields[index * 2 + 1] = value;
  }

  private static String validName(String name) {
    boolean upper = false;
    int from = name.startsWith(":") ? 1 : 0;
    if (name.length() == from) {
      throw new IllegalArgumentException("header name is empty");
    }
    for (int i = from; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        upper = true;
      } else if (!isTokenChar(c)) {
        throw new IllegalArgumentException(
            "header name: \"" + name + "\" (expected: a token, RFC 9110 section 5.6.2)");
      }
    }
    return upper ? name.toLowerCase(Locale.ROOT) : name;
  }

  private static boolean isTokenChar(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || "!#$%&'*+.^`|~".indexOf(c) >= 0;
  }

  private static void validValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0 || c > 255) {
        throw new IllegalArgumentException(
            "value of header "
                + name
                + " has character "
                + (int) c
                + " at "
                + i
                + " (expected: octets without CR, LF, NUL)");
      }
    }
  }

  @Override
  public String toString() {
    var text = new StringBuilder("{");
    for (int i = 0; i < size; i++) {
      text.append(i == 0 ? "" : ", ").append(name(i)).append(": ").append(value(i));
    }
    return text.append('}').toString();
  }
}
