package dev.sluice.http.internal.hpack;

import java.util.Arrays;

/**
 * Is the Huffman code of RFC 7541 appendix B. The code is canonical, so the lengths say it all.
 * Decoding takes eight bits at a time through tables.
 */
final class Huffman {
  private static final byte[] LENGTHS = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11,
    10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8,
    15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5,
    6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
    7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
    23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21,
    23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25,
    26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26,
    28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
  };

  private static final int EOS = 256;
  private static final int[] CODES = new int[257];

  /** Entry for bits that are no code: what begins with the end-of-string symbol. */
  private static final int INVALID = 0;

  /** In an entry: the rest are the number of the next table. */
  private static final int TABLE = 1 << 30;

  /**
   * Tables of 256 entries each, indexed by the next eight bits: symbol and bits taken in one byte
   * each, or the next table.
   */
  private static final int[] TABLES;

  static {
    var tables = new int[256];
    int used = 1;
    int code = 0;
    for (int length = 5; length <= 30; length++) {
      for (int symbol = 0; symbol <= EOS; symbol++) {
        if (LENGTHS[symbol] != length) {
          continue;
        }
        CODES[symbol] = code;
        int table = 0;
        int left = length;
        while (left > 8) {
          int slot = table * 256 + ((code >>> (left - 8)) & 0xff);
          if (tables[slot] == INVALID) {
            if ((used + 1) * 256 > tables.length) {
              tables = Arrays.copyOf(tables, tables.length * 2);
            }
            tables[slot] = TABLE | used++;
          }
          table = tables[slot] & ~TABLE;
          left -= 8;
        }
        int first = table * 256 + ((code << (8 - left)) & 0xff);
        if (symbol != EOS) {
          Arrays.fill(tables, first, first + (1 << (8 - left)), symbol << 8 | left);
        }
        code++;
      }
      code <<= 1;
    }
    TABLES = tables;
  }

  private Huffman() {}

  /**
   * Decodes octets.
   *
   * @param out has room for 8/5 of the length
   * @return the octets decoded, or -1 when the code is malformed
   */
  static int decode(byte[] in, int from, int length, byte[] out) {
    long bits = 0;
    int count = 0;
    int at = from;
    int end = from + length;
    int written = 0;
    int table = 0;
    int pending = 0;
    while (true) {
      while (count <= 48 && at < end) {
        bits = bits << 8 | (in[at++] & 0xff);
        count += 8;
      }
      if (count == 0) {
        break;
      }
      // Beyond the end the padding goes on: ones, a prefix of the end-of-string symbol.
      int next =
          count >= 8
              ? (int) (bits >>> (count - 8)) & 0xff
              : (int) (bits << (8 - count) | (0xff >>> count)) & 0xff;
      int entry = TABLES[table * 256 + next];
      if ((entry & TABLE) != 0) {
        if (count < 8) {
          pending += count;
          break;
        }
        table = entry & ~TABLE;
        count -= 8;
        pending += 8;
        continue;
      }
      int taken = entry & 0xff;
      if (entry == INVALID) {
        if (count >= 8) {
          return -1;
        }
        pending += count;
        break;
      }
      if (taken > count) {
        pending += count;
        break;
      }
      out[written++] = (byte) (entry >>> 8);
      count -= taken;
      table = 0;
      pending = 0;
    }
    return isPadding(in, end, pending) ? written : -1;
  }

  /** Up to seven bits may be left, and they are ones (RFC 7541 section 5.2). */
  private static boolean isPadding(byte[] in, int end, int bits) {
    int mask = (1 << bits) - 1;
    return bits < 8 && (bits == 0 || (in[end - 1] & mask) == mask);
  }

  /** Returns the octets that a text takes. */
  static int encodedLength(String text) {
    int bits = 0;
    for (int i = 0; i < text.length(); i++) {
      bits += LENGTHS[text.charAt(i) & 0xff];
    }
    return (bits + 7) >>> 3;
  }

  /** Encodes a text and returns the place after it. */
  static int encode(String text, byte[] out, int at) {
    long bits = 0;
    int count = 0;
    int to = at;
    for (int i = 0; i < text.length(); i++) {
      int symbol = text.charAt(i) & 0xff;
      bits = bits << LENGTHS[symbol] | CODES[symbol];
      count += LENGTHS[symbol];
      while (count >= 8) {
        count -= 8;
        out[to++] = (byte) (bits >>> count);
      }
    }
    if (count > 0) {
      out[to++] = (byte) (bits << (8 - count) | (0xff >>> count));
    }
    return to;
  }
}
