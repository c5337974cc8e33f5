package dev.sluice.registry.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Makes the archives that images consist of. */
public final class Layers {
  private Layers() {}

  /** Returns a tar archive (POSIX ustar) with files. */
  public static byte[] tar(Map<String, byte[]> files) {
    var out = new ByteArrayOutputStream();
    files.forEach((name, content) -> entry(out, name, '0', content));
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  /** Returns a tar+gzip archive with files. */
  public static byte[] tarGz(Map<String, byte[]> files) {
    return gzip(tar(files));
  }

  public static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Writes an entry of a type: {@code 0} a file, {@code 2} a link, {@code x} further headers. */
  public static void entry(ByteArrayOutputStream out, String name, char type, byte[] content) {
    var header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, String.format(Locale.ROOT, "%011o", content.length));
    put(header, 136, "00000000000");
    header[156] = (byte) type;
    put(header, 257, "ustar");
    put(header, 263, "00");
    put(header, 148, "        ");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
    out.writeBytes(header);
    out.writeBytes(content);
    out.writeBytes(new byte[(512 - content.length % 512) % 512]);
  }

  private static void put(byte[] header, int at, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
