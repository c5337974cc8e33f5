package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;

/**
 * Remembers which digest a tag had, so that a gateway starts while its registry is down, and keeps
 * the cache folder within its bound.
 */
public final class TagCache {
  /** A blob used this recently is never removed: another process may be about to open it. */
  private static final Duration YOUNG = Duration.ofMinutes(10);

  private final Path folder;
  private final Path tags;
  private final long maxBytes;

  private TagCache(Path folder, long maxBytes) {
    this.folder = folder;
    this.tags = folder.resolve("tags");
    this.maxBytes = maxBytes;
  }

  /** Opens the cache folder and makes it, readable by its owner only, when it is missing. */
  public static TagCache open(Path folder, long maxBytes) {
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
      var cache = new TagCache(folder, maxBytes);
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

  /** Marks a blob as used now. */
  public void touch(Path file) {
    try {
      if (file.startsWith(folder)) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      }
    } catch (IOException e) {
      // Only the order in which blobs leave the cache depends on it.
    }
  }

  /** Removes the blobs that were used longest ago while the folder holds more than its bound. */
  public void trim() {
    record Blob(Path file, long bytes, Instant used) {}
    var blobs = new ArrayList<Blob>();
    try (var files = Files.list(folder.resolve("blobs").resolve("sha256"))) {
      for (var file : files.toList()) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          var used = Files.getLastModifiedTime(file).toInstant();
          blobs.add(new Blob(file, Files.size(file), used));
        }
      }
      long total = blobs.stream().mapToLong(Blob::bytes).sum();
      blobs.sort(Comparator.comparing(Blob::used));
      var young = Instant.now().minus(YOUNG);
      for (var blob : blobs) {
        if (total <= maxBytes || blob.used().isAfter(young)) {
          break;
        }
        Files.deleteIfExists(blob.file());
        total -= blob.bytes();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot trim the cache " + folder, e);
    }
  }
}
