package dev.sluice.http.testing;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Is a request that came to a {@link TestUpstream}, or an answer that came to a client: keeps what
 * comes, and sends what a test wants, no faster than the peer takes it. Belongs to its loop; the
 * futures may be used from anywhere.
 */
public class Exchange implements HttpStreamHandler {
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final CompletableFuture<Headers> headers = new CompletableFuture<>();
  private final CompletableFuture<Exchange> complete = new CompletableFuture<>();
  private final CompletableFuture<StreamError> reset = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Deque<Headers> informational = new ArrayDeque<>();
  private @Nullable HttpStream stream;
  private @Nullable Headers trailers;
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicInteger closedCount = new AtomicInteger();
  private volatile boolean consuming = true;
  private int unconsumed;
  private long toSend;
  private @Nullable Headers finalTrailers;

  /** Connects the exchange with the stream that it answers on. */
  public Exchange stream(HttpStream with) {
    stream = with;
    return this;
  }

  /** Returns the stream to send on. */
  public HttpStream stream() {
    var known = stream;
    if (known == null) {
      throw new IllegalStateException("no stream yet");
    }
    return known;
  }

  /** Returns the received headers, once they are there. */
  public CompletableFuture<Headers> headers() {
    return headers;
  }

  /** Completes when the received message is complete. */
  public CompletableFuture<Exchange> complete() {
    return complete;
  }

  /** Completes when the stream was reset by the peer. */
  public CompletableFuture<StreamError> reset() {
    return reset;
  }

  /** Completes when the stream is over. */
  public CompletableFuture<Void> closed() {
    return closed;
  }

  /** Returns how often the end was told. */
  public int closedCount() {
    return closedCount.get();
  }

  /** Returns the received body. */
  public byte[] body() {
    return body.toByteArray();
  }

  /** Returns the received body as text. */
  public String text() {
    return body.toString(StandardCharsets.UTF_8);
  }

  /** Returns the received trailers, or null. */
  public @Nullable Headers trailers() {
    return trailers;
  }

  /** Returns the informational headers that came, in order. */
  public Deque<Headers> informational() {
    return informational;
  }

  /** Returns the octets received. */
  public long received() {
    return received.get();
  }

  /** Returns the octets that have left. */
  public long sent() {
    return sent.get();
  }

  /** Stops giving received bytes back to the peer, or goes on. */
  public void consuming(boolean on) {
    consuming = on;
    if (on && stream != null && unconsumed > 0) {
      int bytes = unconsumed;
      unconsumed = 0;
      stream.consumed(bytes);
    }
  }

  /** Answers with a text. */
  public void respond(int status, String text, String... fields) {
    var response = Headers.of(":status", Integer.toString(status));
    for (int i = 0; i < fields.length; i += 2) {
      response.add(fields[i], fields[i + 1]);
    }
    var data = text.getBytes(StandardCharsets.UTF_8);
    response.add("content-length", Integer.toString(data.length));
    stream().sendHeaders(response, data.length == 0);
    if (data.length > 0) {
      stream().sendData(Unpooled.wrappedBuffer(data), true);
    }
  }

  /**
   * Sends octets that follow a pattern, as fast as the peer takes them, and then the end.
   *
   * @param last trailers to end with, or null
   */
  public void sendPattern(long octets, @Nullable Headers last) {
    toSend = octets;
    finalTrailers = last;
    pump();
  }

  private void pump() {
    while (toSend > 0 && stream().isWritable()) {
      int length = (int) Math.min(toSend, 16 << 10);
      var data = stream().loop() == null ? null : Unpooled.buffer(length);
      if (data == null) {
        return;
      }
      for (int i = 0; i < length; i++) {
        data.writeByte(pattern(toSend - i));
      }
      toSend -= length;
      if (toSend > 0 || finalTrailers != null) {
        stream().sendData(data, false);
        if (toSend == 0 && finalTrailers != null) {
          stream().sendTrailers(finalTrailers);
        }
      } else {
        stream().sendData(data, true);
      }
    }
  }

  /** Returns the octet at a distance from the end of what {@link #sendPattern} sends. */
  public static byte pattern(long fromEnd) {
    return (byte) (fromEnd * 31 + (fromEnd >>> 13));
  }

  /** Keeps received octets; a test that only counts them overrides it. */
  protected void keep(ByteBuf data) {
    try {
      data.getBytes(data.readerIndex(), body, data.readableBytes());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void onInformational(Headers received) {
    informational.add(received);
  }

  @Override
  public void onHeaders(Headers received, boolean end) {
    headers.complete(received);
    if (end) {
      complete.complete(this);
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    int length = data.readableBytes();
    keep(data);
    received.addAndGet(length);
    data.release();
    if (consuming) {
      stream().consumed(length);
    } else {
      unconsumed += length;
    }
    if (end) {
      complete.complete(this);
    }
  }

  @Override
  public void onTrailers(Headers received) {
    trailers = received;
    complete.complete(this);
  }

  @Override
  public void onSent(int bytes) {
    sent.addAndGet(bytes);
  }

  @Override
  public void onWritable() {
    pump();
  }

  @Override
  public void onReset(StreamError error, String detail) {
    reset.complete(error);
    var problem = new IllegalStateException("reset: " + error + ": " + detail);
    headers.completeExceptionally(problem);
    complete.completeExceptionally(problem);
  }

  @Override
  public void onClosed() {
    closedCount.incrementAndGet();
    closed.complete(null);
  }
}
