package dev.sluice.wasm.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps compiled code on disk between starts, in a folder of the user's own with mode 0700.
 *
 * <p>What it holds is executed, so a folder that others can write to is not used. A damaged file is
 * ignored, removed and built again; the least recently used files go when there are more than
 * {@value #MAX_FILES}. Thread-safe; failures to write are logged and otherwise harmless.
 */
final class CodeCache {
  private static final Logger LOG = LoggerFactory.getLogger(CodeCache.class);

  static final int MAX_FILES = 128;

  /** Changes whenever this class or the generated code does, so that old files are not read. */
  private static final String FORMAT = "sluice-code-1";

  private static final String SUFFIX = ".code";
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path folder;

  private CodeCache(Path folder) {
    this.folder = folder;
  }

  /** Opens the cache, creating the folder, or returns nothing when the folder is not safe. */
  static Optional<CodeCache> open(Path folder) {
    try {
      Files.createDirectories(folder);
      Path probe = Files.createTempFile(folder, "probe", ".tmp");
      try {
        if (!Files.getOwner(probe).equals(Files.getOwner(folder))) {
          LOG.warn(
              "code cache {} belongs to {} (expected: {}); not used",
              folder,
              Files.getOwner(folder),
              Files.getOwner(probe));
          return Optional.empty();
        }
      } finally {
        Files.delete(probe);
      }
      if (!Files.getPosixFilePermissions(folder).equals(OWNER_ONLY)) {
        Files.setPosixFilePermissions(folder, OWNER_ONLY);
      }
      return Optional.of(new CodeCache(folder));
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn("code cache {} cannot be used: {}", folder, e.toString());
      return Optional.empty();
    }
  }

  /** Returns the code that was kept for a module, if any. */
  Optional<CompiledCode> get(String moduleDigest) {
    Path file = file(moduleDigest);
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      byte[] bytes = Files.readAllBytes(file);
      int payload = bytes.length - 32;
      if (payload < 0 || !Arrays.equals(checksum(bytes, payload), tail(bytes, payload))) {
        throw new IOException("checksum does not match");
      }
      var code = CompiledCode.fromBytes(Arrays.copyOf(bytes, payload));
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return Optional.of(code);
    } catch (IOException e) {
      LOG.warn("cached code {} is damaged and built again: {}", file, e.toString());
      discard(file);
      return Optional.empty();
    }
  }

  /** Keeps the code of a module. */
  void put(String moduleDigest, CompiledCode code) {
    byte[] payload = code.toBytes();
    byte[] sum = checksum(payload, payload.length);
    try {
      Path part = Files.createTempFile(folder, "code", ".part");
      try (var channel = Files.newByteChannel(part, java.nio.file.StandardOpenOption.WRITE)) {
        writeFully(channel, payload);
        writeFully(channel, sum);
      }
      Files.move(part, file(moduleDigest), StandardCopyOption.ATOMIC_MOVE);
      prune();
    } catch (IOException e) {
      LOG.warn("code cache {} cannot be written: {}", folder, e.toString());
    }
  }

  /** Drops the code of a module that turned out not to be loadable. */
  void remove(String moduleDigest) {
    discard(file(moduleDigest));
  }

  private static void writeFully(java.nio.channels.SeekableByteChannel channel, byte[] bytes)
      throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private void prune() throws IOException {
    try (var files = Files.list(folder)) {
      var all = files.filter(file -> file.toString().endsWith(SUFFIX)).toList();
      if (all.size() > MAX_FILES) {
        all.stream()
            .sorted(Comparator.comparing(CodeCache::lastUsed))
            .limit(all.size() - MAX_FILES)
            .forEach(CodeCache::discard);
      }
    }
  }

  private static FileTime lastUsed(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static void discard(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot delete {}: {}", file, e.toString());
    }
  }

  private Path file(String moduleDigest) {
    String key =
        FORMAT
            + '|'
            + run.endive.wasm.Version.version()
            + '|'
            + Runtime.version().feature()
            + '|'
            + moduleDigest;
    byte[] name = sha256().digest(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return folder.resolve(HexFormat.of().formatHex(name) + SUFFIX);
  }

  private static byte[] checksum(byte[] bytes, int length) {
    MessageDigest digest = sha256();
    digest.update(bytes, 0, length);
    return digest.digest();
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  /** Returns a fresh SHA-256. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
