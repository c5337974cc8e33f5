package dev.sluice.registry.internal.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/** Sends the content of a call: exactly as many bytes as it declares. */
final class ContentEntity extends AbstractHttpEntity {
  private final Content content;

  ContentEntity(Content content) {
    super((ContentType) null, null, false);
    this.content = content;
  }

  @Override
  public long getContentLength() {
    return content.length();
  }

  @Override
  public InputStream getContent() throws IOException {
    return content.open();
  }

  @Override
  public boolean isStreaming() {
    return false;
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    try (var in = content.open()) {
      var buffer = new byte[64 << 10];
      long left = content.length();
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException("what is sent ends " + left + " bytes early");
        }
        out.write(buffer, 0, count);
        left -= count;
      }
    }
  }

  @Override
  public void close() {
    // The content is opened and closed for each time it is sent.
  }
}
