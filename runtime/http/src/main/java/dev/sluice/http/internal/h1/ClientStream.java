package dev.sluice.http.internal.h1;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.internal.h1.BodyWriter.Framing;
import dev.sluice.http.internal.net.WebSocketKey;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;

/** Is one request to an upstream with its response. */
final class ClientStream extends H1Stream {
  private final ClientSide connection;
  private final boolean reused;
  private boolean head;
  private boolean webSocket;
  private boolean ownKey;
  private boolean answered;

  ClientStream(ClientSide connection, ConnectionInfo info, boolean reused) {
    super(connection, info);
    this.connection = connection;
    this.reused = reused;
  }

  /** Returns whether the response has no body whatever its headers say. */
  boolean head() {
    return head;
  }

  boolean webSocket() {
    return webSocket;
  }

  /** Returns whether the gateway made the WebSocket key, so that the answer to it stays here. */
  boolean ownKey() {
    return ownKey;
  }

  /** Returns whether the connection had served another request before. */
  boolean reused() {
    return reused;
  }

  boolean answered() {
    return answered;
  }

  /** A byte of the response has come. */
  void answering() {
    answered = true;
  }

  boolean isTunnel() {
    return body().framing() == Framing.TUNNEL;
  }

  @Override
  public void sendInformational(Headers headers) {
    // Requests have none.
  }

  @Override
  public void sendHeaders(Headers headers, boolean end) {
    if (isOver() || body().framing() != Framing.NOT_BEGUN) {
      return;
    }
    var method = headers.get(":method", "GET");
    head = method.equals("HEAD");
    webSocket = !end && "websocket".equalsIgnoreCase(headers.get("upgrade"));
    long length = webSocket ? -1 : ContentLength.of(headers);
    Framing framing;
    if (webSocket) {
      framing = Framing.TUNNEL_WAITING;
    } else if (length >= 0) {
      framing = Framing.LENGTH;
    } else {
      framing = end ? Framing.NONE : Framing.CHUNKED;
    }
    write(headers, method, framing);
    body().begin(framing, Math.max(length, 0));
    if (end) {
      body().data(Unpooled.EMPTY_BUFFER, true);
    }
    connection.wrote(this);
  }

  private void write(Headers headers, String method, Framing framing) {
    var writer = connection.writer();
    var scratch = connection.loop().scratch(HeadWriter.bound(headers));
    writer.request(scratch, method, headers.get(":path", "/"));
    writer.field("host", headers.get(":authority", ""));
    writer.fields(headers, !webSocket);
    if (framing == Framing.CHUNKED) {
      writer.text("transfer-encoding: chunked\r\n");
    } else if (framing == Framing.NONE && expectsBody(method)) {
      writer.text("content-length: 0\r\n");
    }
    if (webSocket) {
      writer.text("connection: upgrade\r\nupgrade: websocket\r\n");
      if (!headers.contains("sec-websocket-key")) {
        ownKey = true;
        writer.field("sec-websocket-key", WebSocketKey.create());
      }
    } else if (headers.contains("te")) {
      writer.text("te: trailers\r\nconnection: te\r\n");
    }
    writer.end(connection.outbox());
  }

  private static boolean expectsBody(String method) {
    return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
  }
}
