package dev.sluice.registry.internal.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Is the body of a request; it can be sent again. */
public interface Content {
  /** A body without bytes. */
  Content EMPTY = of(new byte[0]);

  /** Returns the number of bytes. */
  long length();

  /** Opens the bytes from the start. */
  InputStream open() throws IOException;

  /** Sends bytes. */
  static Content of(byte[] bytes) {
    return of(bytes.length, () -> new ByteArrayInputStream(bytes));
  }

  /** Sends what a source brings, exactly {@code length} bytes of it. */
  static Content of(long length, Source source) {
    return new Content() {
      @Override
      public long length() {
        return length;
      }

      @Override
      public InputStream open() throws IOException {
        return source.open();
      }
    };
  }

  /** Opens the same bytes each time. */
  @FunctionalInterface
  interface Source {
    /** Opens the bytes from the start. */
    InputStream open() throws IOException;
  }
}
