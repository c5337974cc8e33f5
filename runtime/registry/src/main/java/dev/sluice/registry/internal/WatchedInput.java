package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Progress;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reports progress as the bytes of a blob are read. */
public final class WatchedInput extends FilterInputStream {
  private final Descriptor blob;
  private final Progress progress;
  private long moved;

  /** Reports each read. */
  public WatchedInput(InputStream in, Descriptor blob, Progress progress) {
    this(in, blob, progress, 0);
  }

  /**
   * @param before bytes of the blob that were moved earlier
   */
  WatchedInput(InputStream in, Descriptor blob, Progress progress, long before) {
    super(in);
    this.blob = blob;
    this.progress = progress;
    this.moved = before;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, length);
    if (count > 0) {
      moved += count;
      progress.moved(blob.digest().toString(), moved, blob.size());
    }
    return count;
  }
}
