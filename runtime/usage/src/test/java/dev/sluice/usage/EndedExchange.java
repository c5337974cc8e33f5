package dev.sluice.usage;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.Protocol;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Identity;
import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.TraceContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Is an exchange that has ended well, on connections that never were. */
record EndedExchange(@Nullable TraceContext trace) implements ExchangeRecord {
  private static final InetSocketAddress PEER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

  private record Connection() implements ConnectionInfo {
    @Override
    public long id() {
      return 1;
    }

    @Override
    public Protocol protocol() {
      return Protocol.HTTP_2;
    }

    @Override
    public SocketAddress remoteAddress() {
      return PEER;
    }

    @Override
    public SocketAddress localAddress() {
      return PEER;
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
      return "web";
    }
  }

  @Override
  public long id() {
    return 1;
  }

  @Override
  public int loop() {
    return 0;
  }

  @Override
  public String requestId() {
    return "request-1";
  }

  @Override
  public Snapshot snapshot() {
    throw new UnsupportedOperationException("runs on none");
  }

  @Override
  public ConnectionInfo connection() {
    return new Connection();
  }

  @Override
  public String method() {
    return "POST";
  }

  @Override
  public String path() {
    return "/v1/chat/completions?key=hush";
  }

  @Override
  public String authority() {
    return "llm.example.com";
  }

  @Override
  public @Nullable Headers requestHeaders() {
    return null;
  }

  @Override
  public @Nullable Headers responseHeaders() {
    return null;
  }

  @Override
  public String route() {
    return "llm";
  }

  @Override
  public String upstream() {
    return "openai";
  }

  @Override
  public InetSocketAddress endpoint() {
    return PEER;
  }

  @Override
  public int attempts() {
    return 1;
  }

  @Override
  public int status() {
    return 200;
  }

  @Override
  public String code() {
    return "";
  }

  @Override
  public @Nullable GatewayError error() {
    return null;
  }

  @Override
  public @Nullable String plugin() {
    return null;
  }

  @Override
  public long requestBytes() {
    return 11;
  }

  @Override
  public long responseBytes() {
    return 12;
  }

  @Override
  public long startWallNanos() {
    return Records.DAY.getEpochSecond() * 1_000_000_000L;
  }

  @Override
  public long durationNanos() {
    return 90_000_000;
  }

  @Override
  public long firstByteNanos() {
    return 8_000_000;
  }

  @Override
  public long upstreamNanos() {
    return 7_000_000;
  }

  @Override
  public @Nullable Identity identity() {
    return null;
  }

  @Override
  public @Nullable AiFacts ai() {
    return null;
  }
}
