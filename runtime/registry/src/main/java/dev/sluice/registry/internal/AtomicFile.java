package dev.sluice.registry.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** Replaces small files at once, and locks them between threads and processes. */
public final class AtomicFile {
  private static final ConcurrentHashMap<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  private AtomicFile() {}

  /** Writes a file so that a reader sees the old bytes or the new ones. */
  public static void write(Path file, byte[] bytes) {
    var temporary = file.resolveSibling(".tmp-" + UUID.randomUUID());
    try {
      Files.write(temporary, bytes);
      ContentStore.force(temporary);
      ContentStore.moveAtomically(temporary, file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    } finally {
      ContentStore.delete(temporary);
    }
  }

  /** Runs an action while no other thread or process runs one with the same lock file. */
  public static void locked(Path lockFile, Runnable action) {
    // A file lock is held by the process, so threads need a lock of their own.
    var threads =
        LOCKS.computeIfAbsent(lockFile.toAbsolutePath().normalize(), p -> new ReentrantLock());
    threads.lock();
    try (var channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      if (lock.isValid()) {
        action.run();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock " + lockFile, e);
    } finally {
      threads.unlock();
    }
  }
}
