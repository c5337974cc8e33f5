package dev.sluice.proxy.internal.upstream;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks up the host names of upstreams, on threads of its own. A name that cannot be looked up
 * keeps the addresses it had.
 */
final class Resolver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Resolver.class);

  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sluice-dns").factory());

  private final int loops;

  Resolver(int loops) {
    this.loops = loops;
  }

  /** Looks up the endpoints once, blocking, and again and again when there are names. */
  void start(Upstream upstream) {
    update(upstream);
    boolean named =
        upstream.spec().endpoints().stream()
            .anyMatch(e -> NetUtil.createByteArrayFromIpAddressString(e.host()) == null);
    long period = upstream.spec().limits().dnsRefresh().toMillis();
    if (named && period > 0) {
      schedule(upstream, period);
    }
  }

  private void schedule(Upstream upstream, long period) {
    clock.schedule(
        () -> {
          if (!upstream.isClosed()) {
            // A look-up may hang for seconds: each has a thread of its own, so that none waits.
            Thread.startVirtualThread(
                () -> {
                  update(upstream);
                  if (!clock.isShutdown()) {
                    schedule(upstream, period);
                  }
                });
          }
        },
        period,
        TimeUnit.MILLISECONDS);
  }

  private void update(Upstream upstream) {
    Map<InetSocketAddress, Endpoint> known = new LinkedHashMap<>();
    upstream.endpoints().endpoints.forEach(e -> known.put(e.address(), e));
    Map<Endpoint, Integer> weights = new LinkedHashMap<>();
    for (var endpoint : upstream.spec().endpoints()) {
      List<InetAddress> addresses;
      try {
        addresses = List.of(InetAddress.getAllByName(endpoint.host()));
      } catch (UnknownHostException e) {
        LOG.warn(
            "upstream {}: host {} cannot be looked up: {}",
            upstream.name(),
            endpoint.host(),
            e.getMessage());
        addresses = kept(known, endpoint.host());
      }
      for (var address : addresses) {
        var socket = new InetSocketAddress(address, endpoint.port());
        var found = known.computeIfAbsent(socket, s -> new Endpoint(s, loops));
        weights.merge(found, endpoint.weight(), Integer::sum);
      }
    }
    var list = new ArrayList<>(weights.keySet());
    if (!list.equals(upstream.endpoints().endpoints)) {
      upstream.setEndpoints(
          new EndpointSet(list, weights.values().stream().mapToInt(w -> w).toArray()));
    }
  }

  private static List<InetAddress> kept(Map<InetSocketAddress, Endpoint> known, String host) {
    return known.keySet().stream()
        .filter(a -> a.getHostString().equals(host))
        .map(InetSocketAddress::getAddress)
        .distinct()
        .toList();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
