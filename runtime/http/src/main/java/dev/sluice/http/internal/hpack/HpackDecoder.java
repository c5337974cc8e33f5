package dev.sluice.http.internal.hpack;

import dev.sluice.http.internal.net.Name;
import dev.sluice.http.internal.net.Names;
import java.util.Locale;

/**
 * Decompresses header blocks (RFC 7541). Fields of the tables are the same objects each time, so
 * that a repeated field costs no string and no check. Belongs to one connection.
 */
final class HpackDecoder {
  /** Receives the fields of a block in order. */
  interface Sink {
    /** A field came. */
    void field(Field field);
  }

  /** Octets that a value may have: no CR, LF, NUL. */
  private static final boolean[] FORBIDDEN = new boolean[256];

  private final Names names;
  private final DecoderTable table;
  private final int maxCapacity;
  private byte[] in = {};
  private byte[] text = new byte[512];
  private int at;
  private int end;

  // The string that was read last: where its octets are.
  private byte[] string = {};
  private int stringFrom;
  private int stringLength;

  static {
    FORBIDDEN[0] = true;
    FORBIDDEN['\r'] = true;
    FORBIDDEN['\n'] = true;
  }

  /**
   * Creates a decoder.
   *
   * @param maxCapacity of the dynamic table, as announced to the peer
   */
  HpackDecoder(Names names, int maxCapacity) {
    this.names = names;
    this.table = new DecoderTable(maxCapacity);
    this.maxCapacity = maxCapacity;
  }

  /**
   * Decompresses a block.
   *
   * @throws HpackException when it is malformed
   */
  void decode(byte[] block, int length, Sink sink) {
    in = block;
    at = 0;
    end = length;
    boolean fields = false;
    while (at < end) {
      int first = in[at];
      if (first < 0) {
        sink.field(indexed(integer(7)));
        fields = true;
      } else if ((first & 0x40) != 0) {
        var field = literal(integer(6));
        table.add(field);
        sink.field(field);
        fields = true;
      } else if ((first & 0x20) != 0) {
        if (fields) {
          throw new HpackException("a table size update after a field");
        }
        int capacity = integer(5);
        if (capacity > maxCapacity) {
          throw new HpackException("table size " + capacity + " (allowed: " + maxCapacity + ")");
        }
        table.capacity(capacity);
      } else {
        sink.field(literal(integer(4)));
        fields = true;
      }
    }
  }

  private Field indexed(int index) {
    if (index > 0 && index <= StaticTable.SIZE) {
      return StaticTable.get(index);
    }
    var field = table.get(index - StaticTable.SIZE - 1);
    if (field == null) {
      throw new HpackException("index " + index + " is in no table");
    }
    return field;
  }

  private Field literal(int nameIndex) {
    Name name;
    boolean malformed = false;
    if (nameIndex > 0) {
      var known = indexed(nameIndex);
      name = known.name();
      malformed = known.malformed() && !isName(known.name().text());
    } else {
      string();
      malformed = !isName();
      name =
          malformed
              ? new Name(Names.latin1(string, stringFrom, stringLength), Name.Role.PLAIN)
              : name();
    }
    string();
    int from = stringFrom;
    int to = from + stringLength;
    for (int i = from; i < to; i++) {
      malformed |= FORBIDDEN[string[i] & 0xff];
    }
    if (stringLength > 0) {
      malformed |= isSpace(string[from]) || isSpace(string[to - 1]);
    }
    return Field.of(name, Names.latin1(string, from, stringLength), malformed);
  }

  private static boolean isSpace(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  private boolean isName() {
    int from = stringFrom;
    int to = from + stringLength;
    if (stringLength > 0 && string[from] == ':') {
      from++;
    }
    for (int i = from; i < to; i++) {
      byte c = string[i];
      if (Names.token(c) != c || c == 0) {
        return false; // upper case, or no token
      }
    }
    return from < to;
  }

  private static boolean isName(String text) {
    return Names.isToken(text) && text.equals(text.toLowerCase(Locale.ROOT));
  }

  private Name name() {
    int hash = 0;
    for (int i = stringFrom; i < stringFrom + stringLength; i++) {
      hash = hash * 31 + string[i];
    }
    if (string[stringFrom] == ':') {
      var text = Names.latin1(string, stringFrom, stringLength);
      var common = Names.common(text);
      return common == null ? new Name(text, Name.Role.PLAIN) : common;
    }
    return names.get(string, stringFrom, stringLength, hash);
  }

  /** Reads a string (RFC 7541 section 5.2). */
  private void string() {
    if (at >= end) {
      throw new HpackException("the block ends within a field");
    }
    boolean huffman = in[at] < 0;
    int length = integer(7);
    if (length > end - at) {
      throw new HpackException("a string of " + length + " octets in " + (end - at));
    }
    if (huffman) {
      if (text.length < length * 2) {
        text = new byte[length * 2];
      }
      int decoded = Huffman.decode(in, at, length, text);
      if (decoded < 0) {
        throw new HpackException("malformed Huffman code");
      }
      string = text;
      stringFrom = 0;
      stringLength = decoded;
    } else {
      string = in;
      stringFrom = at;
      stringLength = length;
    }
    at += length;
  }

  /** Reads an integer with a prefix of some bits (RFC 7541 section 5.1). */
  private int integer(int bits) {
    int mask = (1 << bits) - 1;
    int value = in[at++] & mask;
    if (value < mask) {
      return value;
    }
    for (int shift = 0; shift <= 21; shift += 7) {
      if (at >= end) {
        throw new HpackException("the block ends within an integer");
      }
      int octet = in[at++];
      value += (octet & 0x7f) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    throw new HpackException("an integer of more than 28 bits");
  }
}
