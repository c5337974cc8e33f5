package dev.sluice.registry.internal.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the body of an answer, and gives the connection back at its end. */
abstract sealed class BodyInput extends InputStream {
  private final Connection connection;
  private final @Nullable Consumer<Connection> release;
  private boolean ended;

  private BodyInput(Connection connection, @Nullable Consumer<Connection> release) {
    this.connection = connection;
    this.release = release;
  }

  static InputStream of(
      Connection connection,
      InputStream in,
      AnswerHead head,
      @Nullable Consumer<Connection> release)
      throws IOException {
    head.checkEncoding();
    boolean chunked = head.isChunked();
    long length = head.length();
    if (chunked && length >= 0) {
      throw new IOException("the answer has both a content-length and a transfer-encoding");
    }
    if (chunked) {
      return new Chunked(connection, in, release);
    }
    return length == 0
        ? empty(connection, release)
        : length > 0 ? new Sized(connection, in, release, length) : new UntilClosed(connection, in);
  }

  /** Returns a body that has ended. */
  static InputStream empty(Connection connection, @Nullable Consumer<Connection> release) {
    BodyInput body = new Sized(connection, InputStream.nullInputStream(), release, 0);
    body.end();
    return body;
  }

  /** Reads some bytes, or -1 at the proper end. */
  abstract int fill(byte[] target, int offset, int length) throws IOException;

  @Override
  public final int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public final int read(byte[] target, int offset, int length) throws IOException {
    if (ended) {
      return -1;
    }
    if (length == 0) {
      return 0;
    }
    try {
      int count = fill(target, offset, length);
      if (count < 0) {
        end();
      }
      return count;
    } catch (IOException e) {
      ended = true;
      connection.close();
      throw connection.translated(e);
    }
  }

  private void end() {
    ended = true;
    connection.settle();
    if (release != null) {
      release.accept(connection);
    } else {
      connection.close();
    }
  }

  @Override
  public final void close() {
    if (!ended) {
      ended = true;
      connection.close();
    }
  }

  private static final class Sized extends BodyInput {
    private final InputStream in;
    private final long size;
    private long left;

    Sized(
        Connection connection, InputStream in, @Nullable Consumer<Connection> release, long size) {
      super(connection, release);
      this.in = in;
      this.size = size;
      this.left = size;
    }

    @Override
    int fill(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(target, offset, (int) Math.min(left, length));
      if (count < 0) {
        throw new EOFException(
            "the answer broke off after " + (size - left) + " of " + size + " bytes");
      }
      left -= count;
      return count;
    }
  }

  private static final class Chunked extends BodyInput {
    private final InputStream in;
    private long left;
    private boolean begun;

    Chunked(Connection connection, InputStream in, @Nullable Consumer<Connection> release) {
      super(connection, release);
      this.in = in;
    }

    @Override
    int fill(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        if (begun && !AnswerHead.line(in).isEmpty()) {
          throw new IOException("a chunk is longer than it says");
        }
        begun = true;
        left = size();
        if (left == 0) {
          AnswerHead.fields(in);
          return -1;
        }
      }
      int count = in.read(target, offset, (int) Math.min(left, length));
      if (count < 0) {
        throw new EOFException("the answer broke off in the middle of a chunk");
      }
      left -= count;
      return count;
    }

    private long size() throws IOException {
      var line = AnswerHead.line(in).split(";", 2)[0].strip();
      if (!line.matches("[0-9a-fA-F]{1,15}")) {
        throw new IOException("chunk size \"" + line + "\" (expected: a hexadecimal number)");
      }
      return Long.parseLong(line, 16);
    }
  }

  private static final class UntilClosed extends BodyInput {
    private final InputStream in;

    UntilClosed(Connection connection, InputStream in) {
      super(connection, null);
      this.in = in;
    }

    @Override
    int fill(byte[] target, int offset, int length) throws IOException {
      return in.read(target, offset, length);
    }
  }
}
