package dev.sluice.proxy.internal.exchange;

import dev.sluice.proxy.TcpSpec;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.util.List;

/**
 * Is a TCP listener as it runs in one snapshot.
 *
 * @param spec what it was made from
 * @param upstream where its connections go
 * @param chain the plugins in the order of the client's bytes
 */
public record LiveTcp(TcpSpec spec, Upstream upstream, List<ChainLink> chain) {
  /** Copies the list. */
  public LiveTcp {
    chain = List.copyOf(chain);
  }
}
