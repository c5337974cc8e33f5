package dev.sluice.http.internal;

import dev.sluice.http.HttpClient.OpenCallback;
import dev.sluice.http.HttpClient.Pending;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.net.ClientConnection;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds the connections to one endpoint, for one loop. What was used last is used first, so that a
 * quiet pool shrinks. Belongs to its loop.
 */
final class EndpointPool implements ClientConnection.Owner {
  /** Streams that may wait for a connection; the proxy's own limits are lower. */
  private static final int MAX_WAITING = 10_000;

  private final PoolConfig config;
  private final InetSocketAddress endpoint;
  private final Connector connector;

  /** Connections that have room, the one to use next at the end. */
  private final ArrayList<ClientConnection> free = new ArrayList<>();

  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final List<ClientConnection> all = new ArrayList<>();
  private int connecting;

  /** Streams that one connection is expected to carry, learned from the last one. */
  private int expectedRoom;

  private boolean closed;

  EndpointPool(PoolConfig config, InetSocketAddress endpoint, Connector connector) {
    this.config = config;
    this.endpoint = endpoint;
    this.connector = connector;
    this.expectedRoom = config.protocol() == ProtocolChoice.HTTP_2 ? config.maxStreams() : 1;
  }

  Pending open(HttpStreamHandler response, OpenCallback callback) {
    var connection = take();
    if (connection != null) {
      callback.opened(connection.open(response));
      return NOTHING;
    }
    if (waiting.size() >= MAX_WAITING) {
      callback.failed(
          StreamError.ENHANCE_YOUR_CALM,
          MAX_WAITING + " streams wait for " + endpoint + " already");
      return NOTHING;
    }
    var wait = new Waiting(response, callback);
    waiting.add(wait);
    connect();
    return () -> {
      if (!wait.done) {
        wait.done = true;
        waiting.remove(wait);
      }
    };
  }

  private static final Pending NOTHING = () -> {};

  private @Nullable ClientConnection take() {
    while (!free.isEmpty()) {
      var connection = free.getLast();
      int room = connection.room();
      if (room > 1) {
        return connection;
      }
      free.removeLast();
      if (room == 1) {
        return connection;
      }
    }
    return null;
  }

  /** Opens as many connections as those who wait will need. */
  private void connect() {
    while (!closed && (long) connecting * expectedRoom < waiting.size()) {
      connecting++;
      connector.connect(endpoint, this);
    }
  }

  int connections() {
    return all.size();
  }

  @Override
  public void ready(ClientConnection connection) {
    connecting--;
    expectedRoom = Math.max(1, connection.room());
    all.add(connection);
    if (closed) {
      connection.retire();
      return;
    }
    free.add(connection);
    serve();
  }

  @Override
  public void roomAgain(ClientConnection connection) {
    if (closed) {
      connection.retire();
    } else {
      if (!free.contains(connection)) {
        free.add(connection);
      }
      serve();
    }
  }

  private void serve() {
    while (!waiting.isEmpty()) {
      var connection = take();
      if (connection == null) {
        connect();
        return;
      }
      var wait = waiting.remove();
      wait.done = true;
      wait.callback.opened(connection.open(wait.response));
    }
  }

  @Override
  public void retired(ClientConnection connection) {
    free.remove(connection);
  }

  @Override
  public void closed(ClientConnection connection, @Nullable StreamError error, String detail) {
    free.remove(connection);
    if (!all.remove(connection)) {
      failed(error == null ? StreamError.CONNECTION_LOST : error, detail);
    }
  }

  /** A connection could not be had: one of those who wait hears it, or all that it would serve. */
  void failed(StreamError error, String detail) {
    connecting--;
    for (int i = 0; i < expectedRoom && !waiting.isEmpty(); i++) {
      var wait = waiting.remove();
      wait.done = true;
      wait.callback.failed(error, detail);
    }
    connect();
  }

  void close() {
    closed = true;
    for (var connection : List.copyOf(all)) {
      connection.retire();
    }
    while (!waiting.isEmpty()) {
      var wait = waiting.remove();
      wait.done = true;
      wait.callback.failed(
          StreamError.REFUSED_STREAM, "the pool of " + config.upstream() + " is closed");
    }
  }

  /** Is a stream that waits for a connection. */
  private static final class Waiting {
    private final HttpStreamHandler response;
    private final OpenCallback callback;
    private boolean done;

    Waiting(HttpStreamHandler response, OpenCallback callback) {
      this.response = response;
      this.callback = callback;
    }
  }
}
