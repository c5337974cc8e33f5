package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Passes bytes on and checks them against the digest and size that were asked for: more bytes than
 * the size, fewer, or other bytes are an error, at the latest where the end would be.
 */
public final class VerifyingInput extends FilterInputStream {
  private final MessageDigest hash;
  private final @Nullable Digest expected;
  private final long size;
  private final long limit;
  private final String what;
  private long read;
  private boolean checked;

  /**
   * @param expected the digest, or null to only measure
   * @param size the exact number of bytes, or -1 when unknown
   * @param limit the most bytes that are accepted
   * @param what names the content in messages
   */
  public VerifyingInput(
      InputStream in, @Nullable Digest expected, long size, long limit, String what) {
    super(in);
    this.hash = expected == null ? Digest.sha256() : expected.hash();
    this.expected = expected;
    this.size = size;
    this.limit = limit;
    this.what = what;
    checkSize(size, limit, what);
  }

  /**
   * Refuses content that says itself that it is too large.
   *
   * @throws RegistryException TOO_LARGE
   */
  public static void checkSize(long size, long limit, String what) {
    if (size > limit) {
      throw new RegistryException(
          Reason.TOO_LARGE, what + ": " + size + " bytes (expected: at most " + limit + ")");
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, length);
    if (count < 0) {
      check();
      return -1;
    }
    read += count;
    if (size >= 0 && read > size) {
      throw mismatch("more than the " + size + " bytes that its descriptor declares");
    }
    checkSize(read, limit, what);
    hash.update(target, offset, count);
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    return readNBytes((int) Math.min(count, 8192)).length;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void check() {
    if (checked) {
      return;
    }
    checked = true;
    if (size >= 0 && read != size) {
      throw mismatch(read + " bytes (expected: " + size + "); it may be truncated");
    }
    var found = new Digest(HexFormat.of().formatHex(hash.digest()));
    if (expected != null && !expected.equals(found)) {
      throw mismatch("digest " + found + " (expected: " + expected + ")");
    }
  }

  private RegistryException mismatch(String found) {
    return new RegistryException(Reason.MISMATCH, what + ": " + found);
  }
}
