package dev.sluice.registry.internal.net;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpResponse;

/**
 * Reads the body of an answer. At its end the connection goes back to its pool; closed earlier, the
 * connection is given up instead of reading a rest that may be long.
 */
final class Body extends FilterInputStream {
  private final ClassicHttpResponse response;
  private final Cancellable request;
  private final Deadline deadline;
  private boolean ended;

  Body(ClassicHttpResponse response, Cancellable request, Deadline deadline) throws IOException {
    super(
        response.getEntity() == null
            ? InputStream.nullInputStream()
            : response.getEntity().getContent());
    this.response = response;
    this.request = request;
    this.deadline = deadline;
    if (response.getEntity() == null) {
      close();
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (ended) {
      return -1;
    }
    try {
      int count = super.read(target, offset, length);
      if (count < 0) {
        ended = true;
        deadline.settle();
      }
      return count;
    } catch (IOException e) {
      ended = true;
      deadline.settle();
      request.cancel();
      throw deadline.translated(e);
    }
  }

  @Override
  public void close() throws IOException {
    deadline.settle();
    boolean givenUp = !ended && response.getEntity() != null;
    ended = true;
    if (givenUp) {
      request.cancel();
    }
    try {
      response.close();
    } catch (IOException e) {
      if (!givenUp) {
        throw e;
      } // else it is the connection that was just given up
    }
  }
}
