package dev.sluice.http.internal.h1;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.internal.net.ClientConnection;
import dev.sluice.http.internal.net.Codec;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.Loop;
import io.netty.channel.Channel;

/**
 * Is the HTTP/1 codec. One instance for a pool of connections to an upstream: what its responses
 * repeat is then recognized on all of them. Belongs to one loop when it calls upstreams.
 */
public final class Http1Codec implements Codec {
  private final LineCache responses = new LineCache();

  @Override
  public void serve(Channel channel, ListenerSide listener) {
    channel.pipeline().addLast("http1", new ServerConnection(listener));
  }

  @Override
  public void call(Channel channel, Loop loop, PoolConfig config, ClientConnection.Owner owner) {
    channel.pipeline().addLast("http1", new ClientSide(loop, config, owner, responses));
  }
}
