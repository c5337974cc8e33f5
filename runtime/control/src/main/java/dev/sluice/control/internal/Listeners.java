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
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the bound listeners and moves from one set to the next. Thread-safe; {@link #bind} and
 * {@link #commit} belong together and are called under the controller's lock.
 */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private static final Pattern CLASS_NAME =
      Pattern.compile("([a-z0-9]+\\.)+[A-Z][A-Za-z0-9$]*: |/(?=[0-9\\[])");

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

  /** Reports listeners that cannot serve. */
  static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why, by the place in the configuration. */
    private final transient Map<Integer, String> reasons;

    UnusableException(Map<Integer, String> reasons) {
      super(reasons.toString());
      this.reasons = Map.copyOf(reasons);
    }

    Map<Integer, String> reasons() {
      return reasons;
    }
  }

  /**
   * Binds the listeners that are new or changed. Nothing changes for those in force until {@link
   * #commit}.
   *
   * @throws UnusableException when some cannot be bound or their certificates cannot be used; none
   *     is then left behind
   */
  Next bind(List<ListenerConfig> wanted) {
    Map<ListenerConfig, HttpServer> next = new LinkedHashMap<>();
    Map<Integer, String> reasons = new LinkedHashMap<>();
    var renewals = new ArrayList<Runnable>();
    var fresh = new ArrayList<HttpServer>();
    for (var config : wanted) {
      try {
        var there = bound.get(config);
        if (there == null) {
          there = transport.bind(config, handler);
          fresh.add(there);
        } else {
          renewals.add(there.renewCertificates());
        }
        next.put(config, there);
      } catch (Transport.BindException | IllegalArgumentException e) {
        reasons.put(wanted.indexOf(config), reason(config, e));
      }
    }
    if (!reasons.isEmpty()) {
      fresh.forEach(server -> server.drain(Duration.ZERO));
      throw new UnusableException(reasons);
    }
    return new Next(next, renewals);
  }

  /** Says why, without the names of classes. */
  private static String reason(ListenerConfig config, RuntimeException problem) {
    var message = CLASS_NAME.matcher(String.valueOf(problem.getMessage())).replaceAll("");
    var subject = "listener " + config.name() + ": ";
    return message.startsWith(subject) ? message : subject + message;
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
