package dev.sluice.http.internal;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SniCompletionEvent;

/** Continues a TLS connection with the protocol that was negotiated (RFC 7301). */
final class Alpn extends ApplicationProtocolNegotiationHandler {
  private final Listening.Next next;

  Alpn(Listening.Next next, String fallback) {
    super(fallback);
    this.next = next;
  }

  @Override
  protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
    next.serve(ctx.channel(), protocol.equals(ApplicationProtocolNames.HTTP_2));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof SniCompletionEvent sni) {
      Listening.keepServerName(ctx.channel(), sni);
    }
    super.userEventTriggered(ctx, event);
  }

  @Override
  protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close(); // whoever knocks with something else than TLS is not worth a line in the log
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
