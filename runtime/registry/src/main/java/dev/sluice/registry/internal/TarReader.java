package dev.sluice.registry.internal;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** Takes one file out of a tar+gzip layer (POSIX ustar; names by their last part). */
final class TarReader {
  private static final int BLOCK = 512;

  private TarReader() {}

  /**
   * Returns the bytes of the first regular file with a base name.
   *
   * @param limit the most bytes of the file, and of all that is unpacked on the way
   */
  static byte[] file(InputStream gzipped, String name, long limit, String what) {
    try (var in = new GZIPInputStream(gzipped, 64 << 10)) {
      long unpacked = 0;
      while (true) {
        var header = in.readNBytes(BLOCK);
        if (header.length < BLOCK || header[0] == 0) {
          throw new RegistryException(
              Reason.NOT_A_PLUGIN, what + ": the layer holds no file " + name);
        }
        long size = size(header, what);
        unpacked += BLOCK + size;
        if (size > limit || unpacked > 4 * limit) {
          throw new RegistryException(
              Reason.TOO_LARGE,
              what + ": unpacks to more than " + limit + " bytes (is it a bomb?)");
        }
        boolean regular = header[156] == '0' || header[156] == 0;
        if (regular && baseName(header).equals(name)) {
          var bytes = in.readNBytes((int) size);
          if (bytes.length < size) {
            throw new RegistryException(Reason.MISMATCH, what + ": the archive is truncated");
          }
          return bytes;
        }
        in.skipNBytes((size + BLOCK - 1) / BLOCK * BLOCK);
      }
    } catch (IOException e) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, what + ": not a tar+gzip archive: " + e.getMessage(), e);
    }
  }

  private static String baseName(byte[] header) {
    int end = 0;
    while (end < 100 && header[end] != 0) {
      end++;
    }
    var path = new String(header, 0, end, StandardCharsets.UTF_8);
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static long size(byte[] header, String what) {
    var text = new String(header, 124, 12, StandardCharsets.US_ASCII).replace('\0', ' ').strip();
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text, 8);
    } catch (NumberFormatException e) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, what + ": size \"" + text + "\" in the archive is no number", e);
    }
  }
}
