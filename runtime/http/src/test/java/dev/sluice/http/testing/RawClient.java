package dev.sluice.http.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Sends octets as they are and reads what comes back. Blocks, 10 s at most for one read. */
public final class RawClient implements AutoCloseable {
  private final Socket socket;

  /** Connects. */
  public RawClient(InetSocketAddress address) {
    try {
      socket = new Socket();
      socket.connect(address, 10_000);
      socket.setSoTimeout(10_000);
      socket.setTcpNoDelay(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Speaks on a connection that is there. */
  RawClient(Socket socket) {
    this.socket = socket;
    try {
      socket.setSoTimeout(10_000);
      socket.setTcpNoDelay(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the socket. */
  public Socket socket() {
    return socket;
  }

  /** Sends a text as ISO 8859-1. */
  public RawClient send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends octets. */
  public RawClient send(byte[] octets) {
    try {
      socket.getOutputStream().write(octets);
      socket.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tells the server that nothing more comes. */
  public RawClient shutdownOutput() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads until what has come ends with a text. */
  public String readUntil(String end) {
    var text = new ByteArrayOutputStream();
    try {
      while (!text.toString(StandardCharsets.ISO_8859_1).endsWith(end)) {
        int octet = socket.getInputStream().read();
        if (octet < 0) {
          throw new IllegalStateException(
              "closed after: " + text.toString(StandardCharsets.ISO_8859_1));
        }
        text.write(octet);
      }
      return text.toString(StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException("after: " + text.toString(StandardCharsets.ISO_8859_1), e);
    }
  }

  /** Reads one head, up to its empty line. */
  public String readHead() {
    return readUntil("\r\n\r\n");
  }

  /** Reads exactly so many octets. */
  public byte[] read(int octets) {
    try {
      return socket.getInputStream().readNBytes(octets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads until the server closes. */
  public String readAll() {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
