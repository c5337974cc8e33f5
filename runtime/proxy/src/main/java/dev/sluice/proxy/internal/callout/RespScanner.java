package dev.sluice.proxy.internal.callout;

import io.netty.buffer.ByteBuf;

/**
 * Finds where a RESP2 or RESP3 value ends in bytes that arrive in pieces (RESP protocol
 * specification), looking at each byte of a header once and at no byte of a string.
 */
final class RespScanner {
  /** Thrown for bytes that are no RESP. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  private static final int MAX_LINE = 64 << 10;
  private static final long MAX_VALUES = 1 << 24;

  /** Values that are still to come, as headers are read. */
  private long values = 1;

  /** Bytes of a string, and its line end, that are still to come. */
  private long skip;

  private int line;
  private int type;
  private long number;
  private boolean negative;
  private boolean digits;
  private boolean carriageReturn;

  /** Makes ready for the next value. */
  void reset() {
    values = 1;
    skip = 0;
    line = 0;
  }

  /**
   * Reads on.
   *
   * @return whether the value ends where the buffer now stands; else everything was read
   * @throws Malformed for bytes that cannot be
   */
  boolean read(ByteBuf in) {
    while (true) {
      if (skip > 0) {
        int part = (int) Math.min(skip, in.readableBytes());
        in.skipBytes(part);
        skip -= part;
        if (skip > 0) {
          return false;
        }
      }
      if (values == 0) {
        return true;
      }
      if (!in.isReadable()) {
        return false;
      }
      header(in.readByte());
    }
  }

  private void header(byte next) {
    if (line == 0) {
      type = next;
      number = 0;
      negative = false;
      digits = false;
      carriageReturn = false;
      if ("+-:_,#($!=*~>%|".indexOf(type) < 0) {
        throw new Malformed("byte " + (type & 0xff) + " where a RESP value begins");
      }
    } else if (carriageReturn) {
      if (next != '\n') {
        throw new Malformed("a carriage return without line feed");
      }
      line = 0;
      headerEnded();
      return;
    } else if (next == '\r') {
      carriageReturn = true;
    } else if (hasNumber()) {
      number(next);
    }
    if (++line > MAX_LINE) {
      throw new Malformed("a line of more than " + MAX_LINE + " bytes");
    }
  }

  private boolean hasNumber() {
    return "$!=*~>%|".indexOf(type) >= 0;
  }

  private void number(byte next) {
    if (next == '-' && line == 1) {
      negative = true;
    } else if (next >= '0' && next <= '9' && number < Integer.MAX_VALUE) {
      number = number * 10 + (next - '0');
      digits = true;
    } else {
      throw new Malformed("a length that is no number");
    }
  }

  private void headerEnded() {
    values--;
    if (!hasNumber()) {
      return;
    }
    if (!digits) {
      throw new Malformed("a length that is no number");
    }
    if (negative) {
      return;
    }
    switch (type) {
      case '$', '!', '=' -> skip = number + 2;
      case '%' -> values += 2 * number;
      // An attribute stands before its value.
      case '|' -> values += 2 * number + 1;
      default -> values += number;
    }
    if (values > MAX_VALUES) {
      throw new Malformed("more than " + MAX_VALUES + " values in one");
    }
  }
}
