package dev.sluice.usage;

import dev.sluice.usage.JournalLine.Entry;
import dev.sluice.usage.JournalLine.Head;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Is the file of a journal, which one process at a time has. Lines are only ever appended; from
 * time to time the file is written anew beside itself and renamed, so that at each moment there is
 * a whole one. Belongs to one thread.
 */
final class JournalFile implements AutoCloseable {
  /** Names are bounded (see {@link UsageRecord}), so no line that was written here is longer. */
  private static final int LONGEST_LINE = 64 << 10;

  /** Up to so many lines a file is not written anew. */
  private static final int FEW_LINES = 1000;

  private final Path file;
  private final FileChannel locked;
  private @Nullable FileChannel appended;
  private long lines;

  private JournalFile(Path file, FileChannel locked) {
    this.file = file;
    this.locked = locked;
  }

  /**
   * Is what a file had.
   *
   * @param since null when there was no file, or its head is damaged
   * @param damaged how many lines were not understood
   */
  record Kept(@Nullable Instant since, Map<UsageKey, UsageSum> sums, int damaged) {}

  /**
   * Takes a file, which need not exist yet.
   *
   * @return null while another process has it
   */
  static @Nullable JournalFile take(Path file) throws IOException {
    var folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    var channel =
        FileChannel.open(
            beside(file, ".lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            owned());
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Another gateway of this process has it.
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    return lock == null ? null : new JournalFile(file, channel);
  }

  private static Path beside(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  /** Returns the attributes of a file that only its owner reads. */
  private static FileAttribute<?>[] owned() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /** Reads what there is, and leaves a copy of a damaged file beside it. */
  Kept read() throws IOException {
    if (!Files.exists(file)) {
      return new Kept(null, Map.of(), 0);
    }
    Kept kept;
    try (var in = new BufferedInputStream(Files.newInputStream(file), LONGEST_LINE)) {
      kept = read(in);
    }
    if (kept.damaged > 0) {
      Files.copy(file, damaged(), StandardCopyOption.REPLACE_EXISTING);
    }
    return kept;
  }

  /** Returns where the copy of a damaged file is. */
  Path damaged() {
    return beside(file, ".damaged");
  }

  private static Kept read(InputStream in) throws IOException {
    Map<UsageKey, UsageSum> sums = new HashMap<>();
    Instant since = null;
    int damaged = 0;
    var line = new ByteArrayOutputStream();
    for (int octet = in.read(); octet >= 0; octet = in.read()) {
      if (octet != '\n') {
        // What is beyond the bound is damaged anyway.
        if (line.size() < LONGEST_LINE) {
          line.write(octet);
        }
        continue;
      }
      switch (JournalLine.read(line.toByteArray())) {
        case null -> damaged++;
        case Head head -> since = head.since();
        case Entry entry -> sums.put(entry.key(), entry.sum());
      }
      line.reset();
    }
    // The process ended, or the disk was full, while this line was written.
    damaged += line.size() > 0 ? 1 : 0;
    return new Kept(since, sums, damaged);
  }

  /**
   * Writes sums that have changed.
   *
   * @param all what the file is written anew with, when that is due
   */
  void write(Instant since, Map<UsageKey, UsageSum> changed, Map<UsageKey, UsageSum> all)
      throws IOException {
    var channel = appended;
    if (channel == null || lines > Math.max(FEW_LINES, 2L * all.size())) {
      rewrite(since, all);
      return;
    }
    // Unless all goes well the file is written anew the next time: there may be half a line.
    appended = null;
    try {
      append(channel, changed);
      channel.force(false);
      appended = channel;
    } finally {
      if (appended == null) {
        channel.close();
      }
    }
  }

  private void rewrite(Instant since, Map<UsageKey, UsageSum> all) throws IOException {
    var next = beside(file, ".new");
    Files.deleteIfExists(next);
    Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    var channel = FileChannel.open(next, options, owned());
    boolean done = false;
    try {
      put(channel, new Head(since).bytes());
      lines = 1;
      append(channel, all);
      channel.force(false);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      done = true;
    } finally {
      if (!done) {
        channel.close();
      }
    }
    var before = appended;
    appended = channel;
    if (before != null) {
      before.close();
    }
  }

  private void append(FileChannel channel, Map<UsageKey, UsageSum> sums) throws IOException {
    var text = new ByteArrayOutputStream();
    for (var entry : sums.entrySet()) {
      text.writeBytes(new Entry(entry.getKey(), entry.getValue()).bytes());
      if (text.size() > LONGEST_LINE) {
        put(channel, text.toByteArray());
        text.reset();
      }
    }
    put(channel, text.toByteArray());
    lines += sums.size();
  }

  private static void put(FileChannel channel, byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    try (locked) {
      if (appended != null) {
        appended.close();
      }
    }
  }
}
