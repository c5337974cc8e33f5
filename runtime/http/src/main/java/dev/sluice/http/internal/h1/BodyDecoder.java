package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Takes the body out of what comes on a connection (RFC 9112 section 6 and 7). */
final class BodyDecoder {
  /** Octets that the extensions of one chunk may have, which are dropped. */
  private static final int MAX_EXTENSION = 1024;

  /** Octets that all extensions of a message may have. */
  private static final int MAX_EXTENSIONS = 16 << 10;

  /** Fields of a trailer that would change how the message is framed or routed. */
  private static final String[] NOT_IN_TRAILERS = {
    "content-length", "transfer-encoding", "host", "te", "upgrade"
  };

  private enum State {
    DONE,
    FIXED,
    UNTIL_CLOSE,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_CR,
    CHUNK_LF,
    TRAILERS
  }

  /** Receives the body. */
  interface Sink {
    /** Bytes came; the sink owns the buffer. */
    void data(ByteBuf data, boolean end);

    /** Trailers ended the body. */
    void trailers(Headers trailers);

    /** Returns memory to parse trailers in. */
    byte[] scratch(int size);
  }

  private final FieldParser trailerParser;
  private final int maxTrailerBytes;
  private State state = State.DONE;
  private long remaining;
  private int digits;
  private int extension;
  private int extensions;

  /** Octets of the trailers that were looked at in vain. */
  private int scanned;

  BodyDecoder(Names names, int maxFields, int maxTrailerBytes, int badStatus) {
    this.trailerParser = new FieldParser(names, maxFields, badStatus);
    this.maxTrailerBytes = maxTrailerBytes;
  }

  /** Begins a body of a known length; 0 is done at once. */
  void fixed(long length) {
    remaining = length;
    state = length == 0 ? State.DONE : State.FIXED;
  }

  /** Begins a chunked body. */
  void chunked() {
    beginChunk();
    extensions = 0;
  }

  /** Begins a body that ends with the connection. */
  void untilClose() {
    state = State.UNTIL_CLOSE;
  }

  /** Returns whether the body, if any, has ended. */
  boolean done() {
    return state == State.DONE;
  }

  /** Returns whether the end of the connection ends the body. */
  boolean endsWithConnection() {
    return state == State.UNTIL_CLOSE;
  }

  /** Ends a body that ends with the connection, or gives up another. */
  void end() {
    state = State.DONE;
  }

  /**
   * Takes what is there of the body; leaves what comes after it.
   *
   * @return whether the body has ended; else it goes on when more has come, also where octets of
   *     unfinished trailers are left
   * @throws BadMessage when a chunk is malformed
   */
  boolean decode(ByteBuf in, Sink sink) {
    while (state != State.DONE) {
      if (!in.isReadable()) {
        return false;
      }
      switch (state) {
        case FIXED -> {
          int length = (int) Math.min(remaining, in.readableBytes());
          remaining -= length;
          if (remaining == 0) {
            state = State.DONE;
          }
          sink.data(in.readRetainedSlice(length), state == State.DONE);
        }
        case UNTIL_CLOSE -> sink.data(in.readRetainedSlice(in.readableBytes()), false);
        case CHUNK_DATA -> {
          int length = (int) Math.min(remaining, in.readableBytes());
          remaining -= length;
          if (remaining == 0) {
            state = State.CHUNK_CR;
          }
          sink.data(in.readRetainedSlice(length), false);
        }
        case TRAILERS -> {
          if (!trailers(in, sink)) {
            return false;
          }
        }
        default -> octet(in.readByte(), in, sink);
      }
    }
    return true;
  }

  private void octet(byte c, ByteBuf in, Sink sink) {
    switch (state) {
      case CHUNK_SIZE -> size(c);
      case CHUNK_EXTENSION -> {
        if (c == '\r') {
          state = State.CHUNK_SIZE_LF;
        } else if (++extension > MAX_EXTENSION || ++extensions > MAX_EXTENSIONS) {
          throw trailerParser.bad("chunk extensions are too long");
        } else if ((c < ' ' && c >= 0 && c != '\t') || c == 127) {
          throw trailerParser.bad("octet " + (c & 0xff) + " in a chunk extension");
        }
      }
      case CHUNK_SIZE_LF -> {
        require(c, '\n');
        if (remaining > 0) {
          state = State.CHUNK_DATA;
        } else {
          lastChunk(in, sink);
        }
      }
      case CHUNK_CR -> {
        require(c, '\r');
        state = State.CHUNK_LF;
      }
      case CHUNK_LF -> {
        require(c, '\n');
        beginChunk();
      }
      default -> throw new IllegalStateException(state.name());
    }
  }

  private void lastChunk(ByteBuf in, Sink sink) {
    int at = in.readerIndex();
    if (in.readableBytes() >= 2 && in.getByte(at) == '\r' && in.getByte(at + 1) == '\n') {
      in.skipBytes(2);
      state = State.DONE;
      sink.data(Unpooled.EMPTY_BUFFER, true);
    } else {
      state = State.TRAILERS;
      scanned = 0;
    }
  }

  private void beginChunk() {
    state = State.CHUNK_SIZE;
    remaining = 0;
    digits = 0;
    extension = 0;
  }

  private void size(byte c) {
    int digit = Character.digit((char) (c & 0xff), 16);
    if (digit >= 0 && c < 127) {
      if (++digits > 15) {
        throw trailerParser.bad("chunk size of more than 15 digits");
      }
      remaining = remaining * 16 + digit;
    } else if (digits == 0) {
      throw trailerParser.bad("octet " + (c & 0xff) + " in place of a chunk size");
    } else if (c == '\r') {
      state = State.CHUNK_SIZE_LF;
    } else if (c == ';') {
      state = State.CHUNK_EXTENSION;
    } else {
      throw trailerParser.bad("octet " + (c & 0xff) + " after a chunk size");
    }
  }

  private void require(byte c, char expected) {
    if (c != expected) {
      throw trailerParser.bad(
          "octet " + (c & 0xff) + " around a chunk (expected: " + (int) expected + ")");
    }
  }

  private boolean trailers(ByteBuf in, Sink sink) {
    int length = in.readableBytes();
    int start = in.readerIndex();
    // Parsing again makes sense only after another line came; that bounds how often it happens.
    if (scanned > 0
        && length < maxTrailerBytes
        && in.indexOf(start + scanned, start + length, (byte) '\n') < 0) {
      scanned = length;
      return false;
    }
    if (length >= 2 && in.getByte(start) == '\r') {
      lastChunk(in, sink);
      if (state == State.DONE) {
        return true;
      }
    }
    int size = Math.min(length, maxTrailerBytes);
    var scratch = sink.scratch(size);
    in.getBytes(start, scratch, 0, size);
    var trailers = new Headers();
    trailerParser.reset();
    @Nullable LineCache none = null;
    int end = trailerParser.parse(scratch, 0, size, trailers, none);
    if (end < 0) {
      if (length >= maxTrailerBytes) {
        throw new BadMessage(431, "trailers of more than " + maxTrailerBytes + " octets");
      }
      scanned = length;
      return false;
    }
    in.skipBytes(end);
    for (var name : NOT_IN_TRAILERS) {
      trailers.remove(name);
    }
    trailerParser.removeOptions(trailers);
    state = State.DONE;
    if (trailers.isEmpty()) {
      sink.data(Unpooled.EMPTY_BUFFER, true);
    } else {
      sink.trailers(trailers);
    }
    return true;
  }
}
