package dev.sluice.registry.internal.net;

import dev.sluice.registry.Timeouts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends requests and keeps a few connections for the next ones. Blocks; thread-safe. */
public final class Transport implements AutoCloseable {
  private static final int MAX_IDLE = 4;
  private static final long MAX_AGE = 15_000_000_000L;

  private final Dialer dialer;
  private final Map<Origin, Deque<Idle>> idle = new HashMap<>();
  private boolean closed;

  private record Idle(Connection connection, long since) {}

  /**
   * @param authorities a PEM file with further certificate authorities, or null
   */
  public Transport(Proxies proxies, Timeouts timeouts, @Nullable Path authorities) {
    this.dialer = new Dialer(proxies, timeouts, authorities);
  }

  /**
   * Sends a request; follows nothing, repeats nothing that may have had an effect.
   *
   * @param least the least public address that may be asked
   * @throws IOException when no answer came
   */
  public Answer send(Call call, Reach least) throws IOException {
    var origin = Origin.of(call.uri());
    // A chunk that is sent twice is a chunk out of order.
    var kept = call.method().equals("PATCH") ? null : take(origin);
    if (kept != null) {
      try {
        return kept.exchange(call, this::keep);
      } catch (IOException e) {
        if (kept.answered() || e instanceof java.net.SocketTimeoutException) {
          throw e;
        }
        // The server had closed it meanwhile.
      }
    }
    return dialer.dial(origin, least).exchange(call, this::keep);
  }

  /** Returns whether a failure is that no connection came about; trying again would not help. */
  public static boolean isDialFailure(IOException e) {
    return e instanceof Dialer.DialException;
  }

  private @Nullable Connection take(Origin origin) {
    synchronized (idle) {
      var queue = idle.get(origin);
      while (queue != null && !queue.isEmpty()) {
        var last = queue.removeLast();
        if (System.nanoTime() - last.since() < MAX_AGE) {
          return last.connection();
        }
        last.connection().close();
      }
      return null;
    }
  }

  private void keep(Connection connection) {
    synchronized (idle) {
      var queue = idle.computeIfAbsent(connection.origin(), key -> new ArrayDeque<>());
      if (!closed && queue.size() < MAX_IDLE) {
        queue.addLast(new Idle(connection, System.nanoTime()));
        return;
      }
    }
    connection.close();
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.values().forEach(queue -> queue.forEach(kept -> kept.connection().close()));
      idle.clear();
    }
  }
}
