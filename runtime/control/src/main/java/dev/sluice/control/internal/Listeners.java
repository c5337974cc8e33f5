package dev.sluice.control.internal;

import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the bound listeners and moves from one set to the next. Thread-safe; {@link #bind} and
 * {@link #commit} belong together and are called under the controller's lock.
 */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final Transport transport;
  private final ServerHandler handler;
  private volatile Map<ListenerConfig, HttpServer> bound = Map.of();
  private boolean drained;

  Listeners(Transport transport, ServerHandler handler) {
    this.transport = transport;
    this.handler = handler;
  }

  /**
   * Is a set of listeners that may come into force.
   *
   * @param renewals put renewed certificates of unchanged listeners in force
   */
  record Next(Map<ListenerConfig, HttpServer> servers, List<Runnable> renewals) {}

  /**
   * Binds the listeners that are new or changed. Nothing changes for those in force until {@link
   * #commit}.
   *
   * @throws Transport.BindException when one cannot be bound or its certificates cannot be used;
   *     none is then left behind
   */
  Next bind(List<ListenerConfig> wanted) {
    Map<ListenerConfig, HttpServer> next = new LinkedHashMap<>();
    var renewals = new ArrayList<Runnable>();
    var fresh = new ArrayList<HttpServer>();
    try {
      for (var config : wanted) {
        var there = bound.get(config);
        if (there == null) {
          there = bind(config);
          fresh.add(there);
        } else {
          renewals.add(renewal(config, there));
        }
        next.put(config, there);
      }
      return new Next(next, renewals);
    } catch (Transport.BindException e) {
      fresh.forEach(server -> server.drain(Duration.ZERO));
      throw e;
    }
  }

  private HttpServer bind(ListenerConfig config) {
    try {
      return transport.bind(config, handler);
    } catch (IllegalArgumentException e) {
      throw unusable(config, e);
    }
  }

  private static Runnable renewal(ListenerConfig config, HttpServer server) {
    try {
      return server.renewCertificates();
    } catch (IllegalArgumentException e) {
      throw unusable(config, e);
    }
  }

  private static Transport.BindException unusable(
      ListenerConfig config, IllegalArgumentException problem) {
    return new Transport.BindException(
        "listener " + config.name() + ": " + problem.getMessage(), problem);
  }

  /**
   * Puts a set in force and lets the removed ones drain; when all are draining, those of the set
   * that are new end at once.
   */
  synchronized void commit(Next set, Duration drainTimeout) {
    var before = bound;
    var next = set.servers();
    bound = next;
    if (drained) {
      next.forEach(
          (config, server) -> {
            if (!before.containsKey(config)) {
              server.drain(Duration.ZERO);
            }
          });
      return;
    }
    set.renewals().forEach(Runnable::run);
    before.forEach(
        (config, server) -> {
          if (!next.containsKey(config)) {
            LOG.info(
                "listener {} is gone; its streams may go on for {}", config.name(), drainTimeout);
            server.drain(drainTimeout);
          }
        });
    next.forEach(
        (config, server) -> {
          if (!before.containsKey(config)) {
            LOG.info("listener {} at {}", config.name(), server.addresses());
          }
        });
  }

  /** Returns the bound addresses by listener name. */
  Map<String, List<InetSocketAddress>> addresses() {
    Map<String, List<InetSocketAddress>> addresses = new LinkedHashMap<>();
    bound.forEach((config, server) -> addresses.put(config.name(), server.addresses()));
    return addresses;
  }

  /** Returns the open connections by listener name. */
  Map<String, Integer> connections() {
    Map<String, Integer> connections = new LinkedHashMap<>();
    bound.forEach((config, server) -> connections.put(config.name(), server.connections()));
    return connections;
  }

  /** Drains all, for good. */
  synchronized CompletableFuture<Void> drain(Duration timeout) {
    drained = true;
    return CompletableFuture.allOf(
        bound.values().stream()
            .map(server -> server.drain(timeout))
            .toArray(CompletableFuture<?>[]::new));
  }
}
