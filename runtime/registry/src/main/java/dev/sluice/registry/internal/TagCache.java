package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Remembers which digest a tag had, so that a gateway starts while its registry is down, and keeps
 * the cache folder within its bound.
 */
public final class TagCache {
  /** A blob used this recently is never removed: another process may be about to open it. */
  private static final Duration YOUNG = Duration.ofMinutes(10);

  /** A file that is written for longer than this was given up. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final Path folder;
  private final Path tags;
  private final long maxBytes;
  private final Duration maxAge;

  private TagCache(Path folder, long maxBytes, Duration maxAge) {
    this.folder = folder;
    this.tags = folder.resolve("tags");
    this.maxBytes = maxBytes;
    this.maxAge = maxAge;
  }

  /** Opens the cache folder and makes it, readable by its owner only, when it is missing. */
  public static TagCache open(Path folder, long maxBytes, Duration maxAge) {
    try {
      if (!Files.isDirectory(folder)) {
        var parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        if (Files.getFileStore(parent == null ? folder : parent)
            .supportsFileAttributeView("posix")) {
          Files.createDirectories(
              folder,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
          Files.createDirectories(folder);
        }
      }
      var cache = new TagCache(folder, maxBytes, maxAge);
      Files.createDirectories(cache.tags);
      return cache;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the cache folder " + folder, e);
    }
  }

  /** Returns the digest that a tag had when it was last resolved. */
  public Optional<Digest> digest(PluginUrl.Oci url) {
    try {
      var file = file(url);
      ContentStore.touch(file);
      return Files.isRegularFile(file)
          ? Optional.of(Digest.parse(Files.readString(file).strip()))
          : Optional.empty();
    } catch (IOException | RegistryException e) {
      return Optional.empty();
    }
  }

  /** Remembers what a tag resolved to. */
  public void remember(PluginUrl.Oci url, Digest digest) {
    if (url.digest() == null) {
      AtomicFile.write(file(url), (digest + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private Path file(PluginUrl.Oci url) {
    return tags.resolve(Digest.of(url.text().getBytes(StandardCharsets.UTF_8)).hex());
  }

  /**
   * Removes what was not used for long, what a crash left half-written, and, while the folder holds
   * more than its bound, the blobs that were used longest ago. Another process may do the same.
   */
  public void trim() {
    AtomicFile.locked(
        folder.resolve(".lock"),
        () -> {
          var now = Instant.now();
          dropStale(tags, now);
          dropStale(folder.resolve("signatures"), now);
          var blobs = new ArrayList<Blob>();
          for (var algorithm : List.of("sha256", "sha512")) {
            blobs.addAll(list(folder.resolve("blobs").resolve(algorithm)));
          }
          dropBlobs(blobs, now);
        });
  }

  /** Is a file with what decides whether it stays. */
  private record Blob(Path file, long bytes, Instant used) {
    boolean isTemporary() {
      var name = file.getFileName();
      return name != null && name.toString().startsWith(".tmp-");
    }
  }

  private void dropStale(Path small, Instant now) {
    for (var file : list(small)) {
      if (file.used().isBefore(now.minus(maxAge))) {
        ContentStore.delete(file.file());
      }
    }
  }

  private void dropBlobs(List<Blob> blobs, Instant now) {
    long total = blobs.stream().mapToLong(Blob::bytes).sum();
    blobs.sort(Comparator.comparing(Blob::used));
    for (var blob : blobs) {
      boolean old = blob.used().isBefore(now.minus(maxAge));
      boolean young = blob.used().isAfter(now.minus(YOUNG));
      boolean abandoned = blob.isTemporary() && blob.used().isBefore(now.minus(ABANDONED));
      boolean surplus = total > maxBytes && !young && !blob.isTemporary();
      if (old || abandoned || surplus) {
        ContentStore.delete(blob.file());
        total -= blob.bytes();
      }
    }
  }

  /** Lists the files of a folder; those that another process removes meanwhile are left out. */
  private static List<Blob> list(Path folder) {
    var blobs = new ArrayList<Blob>();
    if (!Files.isDirectory(folder)) {
      return blobs;
    }
    try (var files = Files.newDirectoryStream(folder)) {
      for (var file : files) {
        try {
          var attributes =
              Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
          if (attributes.isRegularFile()) {
            blobs.add(new Blob(file, attributes.size(), attributes.lastModifiedTime().toInstant()));
          }
        } catch (NoSuchFileException e) {
          // It needs no removal any more.
        }
      }
      return blobs;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the cache " + folder, e);
    }
  }
}
