package dev.sluice.registry.internal;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes one file out of an archive (POSIX ustar with pax headers, and GNU's long names). Nothing is
 * written under a name that the archive says.
 */
final class TarReader {
  private static final int BLOCK = 512;
  private static final int MAX_NAME = 64 << 10;
  private static final Pattern PAX_PATH = Pattern.compile("(?:^|\n)[0-9]+ path=([^\n]*)\n");

  private final InputStream in;
  private final long limit;
  private final String what;
  private long unpacked;

  private TarReader(InputStream in, long limit, String what) {
    this.in = in;
    this.limit = limit;
    this.what = what;
  }

  /**
   * Returns the bytes of the first regular file with a base name.
   *
   * @param limit the most bytes of the file; four times as many may be unpacked on the way
   */
  static byte[] file(InputStream archive, boolean gzipped, String name, long limit, String what) {
    try (var in = gzipped ? new GZIPInputStream(archive, 64 << 10) : archive) {
      return new TarReader(in, limit, what).find(name);
    } catch (IOException e) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN,
          what + ": not a " + (gzipped ? "tar+gzip" : "tar") + " archive: " + e.getMessage(),
          e);
    }
  }

  private byte[] find(String name) throws IOException {
    String longName = null;
    while (true) {
      var header = in.readNBytes(BLOCK);
      if (header.length < BLOCK || header[0] == 0) {
        throw new RegistryException(
            Reason.NOT_A_PLUGIN, what + ": the layer holds no file " + name);
      }
      long size = size(header);
      if (header[156] == 'L' || header[156] == 'x') {
        longName = longName(header[156], read(Math.min(size, MAX_NAME), size));
        continue;
      }
      var path = longName == null ? text(header, 0, 100) : longName;
      longName = null;
      if (Arrays.asList(path.split("/", -1)).contains("..")) {
        throw new RegistryException(
            Reason.NOT_A_PLUGIN, what + ": \"" + shown(path) + "\" leads out of its archive");
      }
      boolean wanted = path.substring(path.lastIndexOf('/') + 1).equals(name);
      if (wanted && (header[156] == '0' || header[156] == 0)) {
        return read(size, size);
      }
      if (wanted && header[156] != '5') {
        throw new RegistryException(
            Reason.NOT_A_PLUGIN, what + ": \"" + shown(path) + "\" is no regular file");
      }
      in.skipNBytes(padded(size));
    }
  }

  private byte[] read(long count, long size) throws IOException {
    var bytes = in.readNBytes((int) count);
    if (bytes.length < count) {
      throw new RegistryException(Reason.MISMATCH, what + ": the archive is truncated");
    }
    in.skipNBytes(padded(size) - count);
    return bytes;
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  private static @Nullable String longName(byte type, byte[] content) {
    if (type == 'L') {
      return text(content, 0, content.length);
    }
    var matcher = PAX_PATH.matcher(new String(content, StandardCharsets.UTF_8));
    return matcher.find() ? matcher.group(1) : null;
  }

  private static String text(byte[] bytes, int from, int length) {
    int end = from;
    while (end < from + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  private static String shown(String path) {
    return path.substring(0, Math.min(200, path.length())).replaceAll("\\p{Cntrl}", "?");
  }

  private long size(byte[] header) {
    var text = text(header, 124, 12).strip();
    if (!text.matches("[0-7]{0,12}")) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, what + ": size \"" + shown(text) + "\" in the archive is no number");
    }
    long size = text.isEmpty() ? 0 : Long.parseLong(text, 8);
    unpacked += BLOCK + size;
    if (size > limit || unpacked > 4 * limit) {
      throw new RegistryException(
          Reason.TOO_LARGE, what + ": unpacks to more than " + limit + " bytes (is it a bomb?)");
    }
    return size;
  }
}
