package dev.sluice.gateway.internal;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.StreamError;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/** Answers each request with what it was, as JSON: authors see what their plugin made of it. */
final class EchoUpstream implements AutoCloseable {
  private static final int MAX_BODY = 1 << 20;

  private final Transport transport = Transport.create(1);
  private final HttpServer server;

  EchoUpstream() {
    server =
        transport.bind(
            new ListenerConfig(
                "echo",
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                null,
                Timeouts.DEFAULT,
                ConnectionLimits.DEFAULT),
            Call::new);
  }

  InetSocketAddress address() {
    return server.addresses().getFirst();
  }

  @Override
  public void close() {
    transport.close();
  }

  /** Answers one request. Belongs to its loop. */
  private static final class Call implements HttpStreamHandler {
    private final HttpStream response;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private Headers request = new Headers();

    Call(HttpStream response) {
      this.response = response;
    }

    @Override
    public void onHeaders(Headers received, boolean end) {
      request = received;
      if (end) {
        answer();
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      int length = data.readableBytes();
      var bytes = new byte[Math.min(length, MAX_BODY - body.size())];
      data.readBytes(bytes);
      data.release();
      body.writeBytes(bytes);
      response.consumed(length);
      if (end) {
        answer();
      }
    }

    @Override
    public void onTrailers(Headers trailers) {
      answer();
    }

    private void answer() {
      var json = JsonMapper.shared().createObjectNode();
      json.put("method", request.get(":method", ""));
      json.put("path", request.get(":path", ""));
      var headers = json.putObject("headers");
      for (int i = 0; i < request.size(); i++) {
        if (!request.name(i).startsWith(":")) {
          headers.put(request.name(i), request.value(i));
        }
      }
      json.put("body", body.toString(StandardCharsets.UTF_8));
      var bytes = (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
      boolean bare = "HEAD".equals(request.method());
      response.sendHeaders(
          Headers.of(
              ":status",
              "200",
              "content-type",
              "application/json",
              "content-length",
              Integer.toString(bytes.length)),
          bare);
      if (!bare) {
        response.sendData(Unpooled.wrappedBuffer(bytes), true);
      }
    }

    @Override
    public void onReset(StreamError error, String detail) {}
  }
}
