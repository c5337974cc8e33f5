package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Is the end of the response's way: sends to the client. */
final class ClientSink extends Stage {
  private final Exchange exchange;

  /**
   * The headers, kept until the body comes: of an answer made here, so that a filter which looks at
   * the body does not cost it its length; of a dialogue, so that another answer can still be given.
   */
  private @Nullable Headers kept;

  private boolean local;
  private boolean keeps;
  private boolean headersSent;
  private boolean ended;

  ClientSink(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Returns whether response headers are out. */
  boolean headersSent() {
    return headersSent;
  }

  /** Returns whether the response is complete. */
  boolean ended() {
    return ended;
  }

  /** What comes now is an answer made here. */
  void beginLocal() {
    local = true;
    keeps = true;
    kept = null;
  }

  /** Keeps headers until bytes follow. */
  void keepHeaders() {
    keeps = true;
  }

  /** Sends the headers that are kept. */
  void flush() {
    var headers = kept;
    if (headers != null) {
      send(headers, false);
    }
  }

  @Override
  public void headers(Headers headers, boolean end) {
    if (ended || headersSent) {
      return;
    }
    if (keeps && !end) {
      kept = headers;
    } else {
      send(headers, end);
    }
  }

  private void send(Headers headers, boolean end) {
    headersSent = true;
    ended = end;
    kept = null;
    exchange.firstByte();
    exchange.status = headers.status();
    exchange.client.sendHeaders(headers, end);
    if (end) {
      exchange.responseSent();
    }
  }

  @Override
  public void data(ByteBuf bytes, boolean end) {
    if (ended) {
      bytes.release();
      return;
    }
    int size = bytes.readableBytes();
    var headers = kept;
    if (headers != null) {
      if (end && local) {
        headers.set("content-length", Integer.toString(size));
      }
      send(headers, false);
    }
    ended = end;
    exchange.responseBytes += size;
    exchange.flow(dev.sluice.plugin.Direction.RESPONSE).queued(size);
    exchange.client.sendData(bytes, end);
    if (end) {
      exchange.responseSent();
    }
  }

  @Override
  public void trailers(Headers trailers) {
    if (ended) {
      return;
    }
    var headers = kept;
    if (headers != null) {
      send(headers, false);
    }
    ended = true;
    exchange.responseTrailers = trailers;
    exchange.client.sendTrailers(trailers);
    exchange.responseSent();
  }
}
