package dev.sluice.testkit.internal;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.testkit.TestMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is one exchange of messages on a connection that there is not: keeps what the proxy sends, and
 * gives it what the test has the peer send. Keeps the contract of {@link HttpStream}. Belongs to
 * its loop.
 */
public final class MemoryStream implements HttpStream {
  private final EventLoop loop;
  private final ConnectionInfo connection;
  private @Nullable HttpStreamHandler handler;

  private @Nullable Headers headers;
  private @Nullable Headers trailers;
  private final List<byte[]> chunks = new ArrayList<>();
  private final List<Integer> informational = new ArrayList<>();
  private boolean ended;
  private @Nullable StreamError reset;

  private boolean peerBegan;
  private boolean peerEnded;
  private boolean closed;
  private long unread;

  /** Creates a stream. */
  public MemoryStream(EventLoop loop, ConnectionInfo connection) {
    this.loop = loop;
    this.connection = connection;
  }

  /** Sets who receives what the peer sends. */
  public void handler(HttpStreamHandler receiver) {
    handler = receiver;
  }

  private HttpStreamHandler handler() {
    var known = handler;
    if (known == null) {
      throw new IllegalStateException("no handler yet");
    }
    return known;
  }

  /** Returns what the proxy has sent so far. */
  public TestMessage sent() {
    return new TestMessage(
        headers == null ? null : headers.copy(),
        List.copyOf(chunks),
        trailers == null ? null : trailers.copy(),
        ended,
        reset == null ? null : reset.name(),
        List.copyOf(informational));
  }

  /** Returns the octets that the peer sent and the proxy has not taken: it holds them back. */
  public long unread() {
    return unread;
  }

  /** Returns whether the proxy has sent its headers. */
  public boolean hasBegun() {
    return headers != null;
  }

  /** Returns whether the proxy has sent all it will. */
  public boolean hasEnded() {
    return ended;
  }

  /** Returns whether it is over in both directions. */
  public boolean isClosed() {
    return closed;
  }

  // What the peer does

  /** The peer sends headers. */
  public void receiveHeaders(Headers received, boolean end) {
    if (peerBegan) {
      throw new IllegalStateException("headers were sent before (expected: once)");
    }
    if (closed) {
      return;
    }
    peerBegan = true;
    peerEnded = end;
    handler().onHeaders(received, end);
    closeWhenDone();
  }

  /** The peer sends bytes. */
  public void receiveData(byte[] data, boolean end) {
    if (closed) {
      return;
    }
    requireOpen("bytes");
    peerEnded = end;
    unread += data.length;
    handler().onData(Unpooled.wrappedBuffer(data), end);
    closeWhenDone();
  }

  /** The peer sends trailers. */
  public void receiveTrailers(Headers received) {
    if (closed) {
      return;
    }
    requireOpen("trailers");
    peerEnded = true;
    handler().onTrailers(received);
    closeWhenDone();
  }

  private void requireOpen(String what) {
    if (!peerBegan || peerEnded) {
      throw new IllegalStateException(
          what + (peerBegan ? " after the end of the message" : " before the headers"));
    }
  }

  /** The peer breaks off. */
  public void receiveReset(StreamError error, String detail) {
    if (!closed) {
      handler().onReset(error, detail);
      close();
    }
  }

  private void closeWhenDone() {
    if (ended && peerEnded) {
      close();
    }
  }

  /** Not before the caller has returned, as a codec does. */
  private void close() {
    if (!closed) {
      closed = true;
      loop.execute(() -> handler().onClosed());
    }
  }

  // HttpStream

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public ConnectionInfo connection() {
    return connection;
  }

  @Override
  public void sendInformational(Headers sent) {
    informational.add(sent.status());
  }

  @Override
  public void sendHeaders(Headers sent, boolean end) {
    if (closed || ended) {
      return;
    }
    headers = sent.copy();
    ended = end;
    closeWhenDone();
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    try {
      int size = data.readableBytes();
      if (!closed && !ended) {
        if (size > 0) {
          var bytes = new byte[size];
          data.readBytes(bytes);
          chunks.add(bytes);
        }
        ended = end;
      }
      if (size > 0 && !closed) {
        loop.execute(() -> handler().onSent(size));
      }
    } finally {
      data.release();
    }
    closeWhenDone();
  }

  @Override
  public void sendTrailers(Headers sent) {
    if (!closed && !ended) {
      trailers = sent.copy();
      ended = true;
      closeWhenDone();
    }
  }

  @Override
  public void reset(StreamError error) {
    if (!closed) {
      if (error != StreamError.NO_ERROR) {
        reset = error;
      }
      close();
    }
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void consumed(int bytes) {
    unread -= bytes;
  }
}
