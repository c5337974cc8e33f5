package dev.sluice.proxy.internal.upstream;

import dev.sluice.plugin.UpstreamHost;
import dev.sluice.proxy.UpstreamStatus;
import java.net.InetSocketAddress;

/** Is one resolved address of an upstream with its counts. */
public final class Endpoint {
  private static final int ACTIVE = 0;
  private static final int REQUESTS = 1;
  private static final int CONNECT_FAILURES = 2;
  private static final int FAILURES = 3;

  private final InetSocketAddress address;
  private final String text;
  private final LoopCells cells;

  Endpoint(InetSocketAddress address, int loops) {
    this.address = address;
    var ip = address.getAddress().getHostAddress();
    text = (ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip) + ":" + address.getPort();
    cells = new LoopCells(loops, 4);
  }

  /** Returns where to connect to. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns {@code ip:port}. */
  public String text() {
    return text;
  }

  /** Returns the attempts under way over all loops. */
  long active() {
    return cells.sum(ACTIVE);
  }

  /** An attempt begins. */
  void begin(int loop) {
    cells.add(loop, ACTIVE, 1);
    cells.add(loop, REQUESTS, 1);
  }

  /** An attempt ended. */
  void end(int loop) {
    cells.add(loop, ACTIVE, -1);
  }

  /** An attempt got no connection. */
  public void connectFailed(int loop) {
    cells.add(loop, CONNECT_FAILURES, 1);
  }

  /** An attempt ended in a reset or a time-out. */
  public void failed(int loop) {
    cells.add(loop, FAILURES, 1);
  }

  /** Returns how it stands now. */
  UpstreamHost host() {
    return new UpstreamHost(
        text, active(), cells.sum(REQUESTS), cells.sum(CONNECT_FAILURES) + cells.sum(FAILURES));
  }

  UpstreamStatus.Endpoint status() {
    return new UpstreamStatus.Endpoint(
        text, active(), cells.sum(REQUESTS), cells.sum(CONNECT_FAILURES), cells.sum(FAILURES));
  }
}
