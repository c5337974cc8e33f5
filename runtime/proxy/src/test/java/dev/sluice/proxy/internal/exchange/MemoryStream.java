package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.HttpStream;
import dev.sluice.http.Protocol;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Is a stream that keeps what is sent on it. */
final class MemoryStream implements HttpStream, ConnectionInfo {
  private final EventLoop loop;
  private final StringBuilder body = new StringBuilder();
  final List<Integer> informational = new ArrayList<>();
  @Nullable Headers headers;
  @Nullable Headers trailers;
  @Nullable StreamError reset;
  boolean ended;
  int unreported;
  int consumed;

  MemoryStream(EventLoop loop) {
    this.loop = loop;
  }

  /** Returns the status sent, or 0. */
  int status() {
    return headers == null ? 0 : headers.status();
  }

  @Nullable String header(String name) {
    return headers == null ? null : headers.get(name);
  }

  String body() {
    return body.toString();
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public ConnectionInfo connection() {
    return this;
  }

  @Override
  public void sendInformational(Headers sent) {
    informational.add(sent.status());
  }

  @Override
  public void sendHeaders(Headers sent, boolean end) {
    if (headers != null || reset != null) {
      throw new AssertionError("headers sent twice or after a reset: " + sent);
    }
    headers = sent;
    ended = end;
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    if (headers == null || ended || reset != null) {
      data.release();
      throw new AssertionError("data out of place");
    }
    unreported += data.readableBytes();
    body.append(data.toString(StandardCharsets.ISO_8859_1));
    data.release();
    ended = end;
  }

  @Override
  public void sendTrailers(Headers sent) {
    if (headers == null || ended || reset != null) {
      throw new AssertionError("trailers out of place");
    }
    trailers = sent;
    ended = true;
  }

  @Override
  public void reset(StreamError error) {
    reset = error;
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void consumed(int bytes) {
    consumed += bytes;
  }

  @Override
  public long id() {
    return 7;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  @Override
  public SocketAddress remoteAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 4321);
  }

  @Override
  public SocketAddress localAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);
  }

  @Override
  public @Nullable SSLSession tls() {
    return null;
  }

  @Override
  public @Nullable String serverName() {
    return null;
  }

  @Override
  public String owner() {
    return "test";
  }
}
