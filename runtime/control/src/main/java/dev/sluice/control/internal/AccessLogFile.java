package dev.sluice.control.internal;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Is an open file that lines are appended to, which knows whether its path still leads to it.
 * Belongs to one thread.
 */
final class AccessLogFile implements AutoCloseable {
  private static final Path STDOUT = Path.of("/dev/stdout");
  private static final int BUFFER = 64 << 10;
  private static final long LOOK_NANOS = Duration.ofMillis(500).toNanos();

  private final Path path;
  private final OutputStream out;
  private final @Nullable Object key;
  private long looked = System.nanoTime();

  private AccessLogFile(Path path, OutputStream out, @Nullable Object key) {
    this.path = path;
    this.out = new BufferedOutputStream(out, BUFFER);
    this.key = key;
  }

  /** Opens a file; {@code /dev/stdout} is this process' own, which may be closed to others. */
  static AccessLogFile open(Path path) throws IOException {
    if (path.equals(STDOUT)) {
      return new AccessLogFile(path, new FileOutputStream(FileDescriptor.out), null);
    }
    while (true) {
      var before = key(path);
      var out = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      var after = key(path);
      if (before == null || before.equals(after)) {
        return new AccessLogFile(path, out, after);
      }
      // Rotated in between: which of the two was opened is not known.
      out.close();
    }
  }

  /** Returns what tells a regular file from others, or null where there is none. */
  private static @Nullable Object key(Path path) {
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return attributes.isRegularFile() ? attributes.fileKey() : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns whether the file was renamed or removed; looks twice a second at most. */
  boolean isGone() {
    long now = System.nanoTime();
    if (key == null || now - looked < LOOK_NANOS) {
      return false;
    }
    looked = now;
    return !Objects.equals(key, key(path));
  }

  void write(byte[] line) throws IOException {
    out.write(line);
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (path.equals(STDOUT)) {
      out.flush();
    } else {
      out.close();
    }
  }
}
