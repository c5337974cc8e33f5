package dev.sluice.http.internal;

import dev.sluice.http.internal.h1.Http1Codec;
import dev.sluice.http.internal.h2.Http2Codec;
import dev.sluice.http.internal.net.Codec;
import dev.sluice.http.internal.net.ConnectionFacts;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.tcp.TcpChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SniCompletionEvent;
import org.jspecify.annotations.Nullable;

/** Sets up the connections that a listener accepts on one loop. */
final class Listening extends ChannelInitializer<Channel> {
  private final ListenerSide listener;
  private final @Nullable TlsServer tls;
  private final Codec http1 = new Http1Codec();
  private final Codec http2 = new Http2Codec();

  Listening(ListenerSide listener, @Nullable TlsServer tls) {
    this.listener = listener;
    this.tls = tls;
  }

  @Override
  protected void initChannel(Channel channel) {
    int limit = listener.config().limits().connections();
    var state = listener.state();
    int open = state.opened();
    channel.closeFuture().addListener(closed -> state.closed());
    if ((limit > 0 && open > limit) || state.isDraining()) {
      channel.close();
      return;
    }
    if (listener.config().tcp()) {
      initTcp(channel);
    } else if (tls == null) {
      channel.pipeline().addLast("sniffer", new Sniffer(listener, this::serve));
    } else {
      channel
          .pipeline()
          .addLast("sni", tls.handler(listener.config().timeouts().headers()))
          .addLast("alpn", new Alpn(this::serve, "http/1.1"));
    }
  }

  private void initTcp(Channel channel) {
    if (tls == null) {
      attach(channel);
    } else {
      channel
          .pipeline()
          .addLast("sni", tls.handler(listener.config().timeouts().headers()))
          .addLast("handshake", new TcpHandshake(this::attach));
    }
  }

  private void attach(Channel channel) {
    var config = listener.config();
    channel.config().setAutoRead(false);
    TcpChannel.attach(
        listener.loop(),
        channel,
        listener.state(),
        config.name(),
        config.timeouts().idle(),
        listener.handler()::accept);
  }

  private void serve(Channel channel, boolean isHttp2) {
    (isHttp2 ? http2 : http1).serve(channel, listener);
  }

  /** Continues with the protocol that was found out. */
  @FunctionalInterface
  interface Next {
    void serve(Channel channel, boolean isHttp2);
  }

  /** Keeps the server name that a client asked for. */
  static void keepServerName(Channel channel, SniCompletionEvent event) {
    if (event.hostname() != null) {
      channel.attr(ConnectionFacts.SERVER_NAME).set(event.hostname());
    }
  }
}
