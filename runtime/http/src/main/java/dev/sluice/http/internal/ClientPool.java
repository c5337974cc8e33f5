package dev.sluice.http.internal;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.net.Loop;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/** Holds the connections to the endpoints of an upstream, for one loop. */
final class ClientPool implements HttpClient {
  private final PoolConfig config;
  private final Loop loop;
  private final Connector connector;
  private final Map<InetSocketAddress, EndpointPool> endpoints = new HashMap<>();
  private boolean closed;

  ClientPool(PoolConfig config, Loop loop, boolean epoll) {
    this.config = config;
    this.loop = loop;
    this.connector = new Connector(config, loop, epoll);
  }

  @Override
  public Pending open(
      InetSocketAddress endpoint, HttpStreamHandler response, OpenCallback callback) {
    if (!loop.eventLoop().inEventLoop()) {
      throw new IllegalStateException(
          "upstream " + config.upstream() + ": open was not called on loop " + loop.number());
    }
    if (closed) {
      callback.failed(
          StreamError.REFUSED_STREAM, "the pool of " + config.upstream() + " is closed");
      return () -> {};
    }
    var pool = endpoints.get(endpoint);
    if (pool == null) {
      pool = new EndpointPool(config, endpoint, connector);
      endpoints.put(endpoint, pool);
    }
    return pool.open(response, callback);
  }

  @Override
  public int connections(InetSocketAddress endpoint) {
    var pool = endpoints.get(endpoint);
    return pool == null ? 0 : pool.connections();
  }

  @Override
  public void close() {
    if (loop.eventLoop().inEventLoop()) {
      closeNow();
    } else {
      loop.eventLoop().execute(this::closeNow);
    }
  }

  private void closeNow() {
    closed = true;
    endpoints.values().forEach(EndpointPool::close);
    endpoints.clear();
  }
}
