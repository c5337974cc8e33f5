package dev.sluice.text.internal.expressions;

import dev.sluice.text.internal.CodePoints;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Is a text, or the part of a stream that is still needed, as code points. Owned by one thread. */
public final class Runes {
  private int[] codePoints;
  private int size;

  /** Byte offset of the first code point. */
  private long offset;

  private final byte[] carry = new byte[4];
  private int carried;

  /** Byte offsets from the first code point, made when asked for; null when made invalid. */
  private int @Nullable [] offsets;

  private boolean single = true;

  /** Creates an empty text to append to. */
  public Runes() {
    codePoints = new int[64];
  }

  /** Reads a whole text. */
  public static Runes of(byte[] text) {
    var runes = new Runes();
    runes.codePoints = new int[text.length];
    runes.append(text, true);
    return runes;
  }

  /**
   * Appends a piece; a character that it ends within waits for the next.
   *
   * @param last whether the text ends with it
   */
  public void append(byte[] piece, boolean last) {
    offsets = null;
    int needed = size + carried + piece.length;
    if (needed > codePoints.length) {
      codePoints = Arrays.copyOf(codePoints, Math.max(needed, 2 * codePoints.length));
    }
    int from = 0;
    while (carried > 0 && from < piece.length) {
      carry[carried++] = piece[from++];
      drain(false);
    }
    int at = from;
    while (at < piece.length) {
      int codePoint = CodePoints.read(piece, at, piece.length);
      if (codePoint == CodePoints.INCOMPLETE) {
        carried = piece.length - at;
        System.arraycopy(piece, at, carry, 0, carried);
        break;
      }
      at += add(codePoint);
    }
    if (last) {
      drain(true);
    }
  }

  private void drain(boolean last) {
    while (carried > 0) {
      int codePoint = CodePoints.read(carry, 0, carried);
      if (codePoint == CodePoints.INCOMPLETE) {
        if (!last) {
          return;
        }
        codePoint = CodePoints.INVALID;
      }
      int width = add(codePoint);
      carried -= width;
      System.arraycopy(carry, width, carry, 0, carried);
    }
  }

  private int add(int codePoint) {
    codePoints[size++] = codePoint;
    int width = CodePoints.width(codePoint);
    single &= width == 1;
    return width;
  }

  int size() {
    return size;
  }

  /** Returns a code point; negative for a byte that is no character. */
  int at(int index) {
    return codePoints[index];
  }

  /** Returns the byte offset in the whole text of a code point, or of the end. */
  long offset(int index) {
    if (single) {
      return offset + index;
    }
    var known = offsets;
    if (known == null) {
      known = new int[size + 1];
      for (int i = 0; i < size; i++) {
        known[i + 1] = known[i] + CodePoints.width(codePoints[i]);
      }
      offsets = known;
    }
    return offset + known[index];
  }

  /** Forgets the code points before an index, which becomes 0. */
  void drop(int index) {
    if (index == 0) {
      return;
    }
    offset = offset(index);
    System.arraycopy(codePoints, index, codePoints, 0, size - index);
    size -= index;
    offsets = null;
  }
}
