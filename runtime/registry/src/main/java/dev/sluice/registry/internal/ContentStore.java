package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Keeps blobs by digest under {@code blobs}. A blob appears whole or not at all: it is written
 * beside its place, forced to disk, and renamed. Any number of threads and processes may write the
 * same one.
 */
public final class ContentStore {
  private final Path blobs;

  /** Opens a store below a folder, which is made when missing. */
  public ContentStore(Path folder) {
    this.blobs = folder.resolve("blobs");
    try {
      Files.createDirectories(blobs.resolve("sha256"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns where a blob is or would be. */
  public Path path(Digest digest) {
    return blobs.resolve(digest.algorithm()).resolve(digest.hex());
  }

  /** Returns whether a blob is there; a symbolic link is not. */
  public boolean contains(Digest digest) {
    return Files.isRegularFile(path(digest), LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns whether a blob is there and its bytes still have its digest. */
  public boolean intact(Digest digest) {
    if (!contains(digest)) {
      return false;
    }
    try (var in = open(digest, -1, Long.MAX_VALUE)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return true;
    } catch (IOException | RegistryException e) {
      return false;
    }
  }

  /** Marks a blob as used now, which decides how long a cache keeps it. */
  public void touch(Digest digest) {
    touch(path(digest));
  }

  /** Marks a file as used now. */
  static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // Only what leaves the cache first depends on it.
    }
  }

  /** Opens a blob; its bytes are checked as they are read. */
  public InputStream open(Digest digest, long size, long limit) {
    if (!contains(digest)) {
      throw new RegistryException(Reason.NOT_FOUND, "no blob " + digest);
    }
    try {
      var in = Files.newInputStream(path(digest), LinkOption.NOFOLLOW_LINKS);
      return new VerifyingInput(in, digest, size, limit, "blob " + digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a whole small blob. */
  public byte[] read(Digest digest, long size, long limit) {
    try (var in = open(digest, size, limit)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stores bytes. */
  public Digest write(byte[] bytes) {
    var digest = Digest.of(bytes);
    if (!contains(digest)) {
      write(new java.io.ByteArrayInputStream(bytes), digest);
    }
    return digest;
  }

  /** Stores bytes that have a digest, also over a blob that lost it. */
  public void write(byte[] bytes, Digest digest) {
    if (!intact(digest)) {
      write(new java.io.ByteArrayInputStream(bytes), digest);
    }
  }

  /**
   * Stores what a stream brings.
   *
   * @param in is expected to verify itself; when reading it fails nothing is stored
   */
  public void write(InputStream in, Digest digest) {
    var temporary = temporary();
    try {
      Files.copy(in, temporary);
      commit(temporary, digest);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot store " + digest, e);
    } finally {
      delete(temporary);
    }
  }

  /** Returns a new name beside the blobs for something that will be committed. */
  public Path temporary() {
    return blobs.resolve("sha256").resolve(".tmp-" + java.util.UUID.randomUUID());
  }

  /** Moves a file that has a digest to its place. */
  public void commit(Path file, Digest digest) throws IOException {
    force(file);
    if (!digest.algorithm().equals("sha256")) {
      Files.createDirectories(blobs.resolve(digest.algorithm()));
    }
    moveAtomically(file, path(digest));
  }

  /** Forces a file's bytes to disk. */
  static void force(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Renames a file over another, at once. */
  static void moveAtomically(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException | FileAlreadyExistsException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Deletes a file if it is there. */
  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
