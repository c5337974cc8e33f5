package dev.sluice.http.internal.net;

import dev.sluice.http.PoolConfig;
import io.netty.channel.Channel;

/** Speaks one version of HTTP. This is the seam where a faster codec can take the place of one. */
public interface Codec {
  /** Speaks to a client on a channel whose bytes begin with the protocol. */
  void serve(Channel channel, ListenerSide listener);

  /** Speaks to an upstream on a connected channel; tells the owner when it is ready. */
  void call(Channel channel, Loop loop, PoolConfig config, ClientConnection.Owner owner);
}
