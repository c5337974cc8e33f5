package dev.sluice.http.internal.h1;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.Protocol;
import dev.sluice.http.internal.h1.BodyWriter.Framing;
import dev.sluice.http.internal.net.WebSocketKey;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Is one request of a client with its response. */
final class ServerStream extends H1Stream {
  private final ServerConnection connection;
  private final boolean head;
  private final boolean webSocket;
  private final @Nullable String webSocketKey;
  private final boolean expectsContinue;
  private boolean continued;
  private boolean persistent;

  ServerStream(ServerConnection connection, ConnectionInfo info, RequestParser request) {
    super(connection, info);
    this.connection = connection;
    this.head = request.method().equals("HEAD");
    this.webSocket = request.webSocket();
    this.webSocketKey = webSocket ? request.headers().get("sec-websocket-key") : null;
    this.expectsContinue = "100-continue".equalsIgnoreCase(request.headers().get("expect"));
    this.persistent = request.persistent();
  }

  /** Returns whether the connection serves another request after this one. */
  boolean persistent() {
    return persistent;
  }

  /** Makes this the last exchange of the connection. */
  void last() {
    persistent = false;
  }

  boolean webSocket() {
    return webSocket;
  }

  boolean isTunnel() {
    return body().framing() == Framing.TUNNEL;
  }

  @Override
  public void sendInformational(Headers headers) {
    int status = headers.status();
    if (isOver()
        || body().framing() != Framing.NOT_BEGUN
        || status < 100
        || status > 199
        || status == 101
        || connection().protocol() == Protocol.HTTP_1_0) {
      return;
    }
    continued |= status == 100;
    var writer = connection.writer();
    writer.response(connection.loop().scratch(HeadWriter.bound(headers)), status);
    writer.fields(headers, false);
    writer.end(connection.outbox());
    connection.dirty();
  }

  @Override
  public void sendHeaders(Headers headers, boolean end) {
    if (isOver() || body().framing() != Framing.NOT_BEGUN) {
      return;
    }
    int status = headers.status();
    if (status < 101 || (status < 200 && !(status == 101 && webSocket))) {
      throw new IllegalArgumentException(
          ":status: " + headers.get(":status") + " (expected: a final status)");
    }
    boolean tunnel = status == 101;
    boolean bodyless = head || status == 204 || status == 304;
    long length = bodyless || tunnel ? -1 : ContentLength.of(headers);
    Framing framing;
    if (tunnel) {
      framing = Framing.TUNNEL;
    } else if (bodyless) {
      framing = Framing.NONE;
    } else if (length >= 0 || end) {
      framing = Framing.LENGTH;
    } else if (connection().protocol() == Protocol.HTTP_1_1) {
      framing = Framing.CHUNKED;
    } else {
      framing = Framing.CLOSE;
    }
    persistent &= framing != Framing.CLOSE && !tunnel && !connection.isDraining();
    // RFC 9110 section 10.1.1: whether the body still comes is the client's choice, so the next
    // request could not be told from it.
    persistent &= !expectsContinue || continued || inDone();
    write(headers, status, framing, end && framing == Framing.LENGTH && length < 0);
    body().begin(framing, Math.max(length, 0));
    if (end) {
      body().data(Unpooled.EMPTY_BUFFER, true);
    }
    connection.wrote(this);
  }

  private void write(Headers headers, int status, Framing framing, boolean empty) {
    var writer = connection.writer();
    writer.response(connection.loop().scratch(HeadWriter.bound(headers)), status);
    writer.fields(headers, status != 204 && framing != Framing.TUNNEL);
    if (empty) {
      writer.text("content-length: 0\r\n");
    } else if (framing == Framing.CHUNKED) {
      writer.text("transfer-encoding: chunked\r\n");
    }
    if (framing == Framing.TUNNEL) {
      writer.text("connection: upgrade\r\nupgrade: websocket\r\n");
      if (webSocketKey != null && !headers.contains("sec-websocket-accept")) {
        writer.field("sec-websocket-accept", WebSocketKey.accept(webSocketKey));
      }
    } else if (!persistent) {
      writer.text("connection: close\r\n");
    } else if (connection().protocol() == Protocol.HTTP_1_0) {
      writer.text("connection: keep-alive\r\n");
    }
    writer.end(connection.outbox());
  }
}
