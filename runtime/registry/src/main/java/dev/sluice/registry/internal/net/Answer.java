package dev.sluice.registry.internal.net;

import java.io.IOException;
import java.io.InputStream;

/**
 * Is the answer to a request. Its body is read once; closing it gives the connection back.
 *
 * @param from how public the address is that answered
 */
public record Answer(int status, Headers headers, InputStream body, Reach from)
    implements AutoCloseable {
  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // The connection is given up; the next request opens another.
    }
  }
}
