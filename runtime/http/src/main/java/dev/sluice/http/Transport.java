package dev.sluice.http;

import dev.sluice.http.internal.NettyTransport;
import io.netty.channel.EventLoop;
import java.util.List;

/**
 * Owns the event loops and makes listeners and clients on them: native epoll where available, NIO
 * elsewhere. Thread-safe.
 */
public interface Transport extends AutoCloseable {
  /**
   * Starts event loops.
   *
   * @param threads how many, at least 1
   */
  static Transport create(int threads) {
    return NettyTransport.create(threads);
  }

  /** Returns the loops; their place in the list is their number. */
  List<EventLoop> loops();

  /** Returns the number of the loop that the calling thread is, or -1. */
  int currentLoop();

  /** Returns {@code epoll} or {@code nio}. */
  String kind();

  /**
   * Binds a listener. Blocks until it is bound; not to be called on a loop.
   *
   * @throws IllegalArgumentException when a certificate cannot be used, naming its file
   * @throws BindException when an address cannot be bound, naming the listener and the address
   */
  HttpServer bind(ListenerConfig config, ServerHandler handler);

  /**
   * Returns a client for an upstream on one loop. Reads the files of its TLS, so it blocks and is
   * not to be called on a loop where there are any.
   *
   * @param loop its number
   * @throws IllegalArgumentException when a file of its TLS cannot be used, naming it
   */
  HttpClient client(PoolConfig config, int loop);

  /**
   * Returns what makes plain connections to an upstream on one loop. Reads the files of its TLS, as
   * {@link #client}.
   *
   * @param config its protocol and streams mean nothing here
   * @param loop its number
   * @throws UnsupportedOperationException when the transport moves HTTP only
   */
  default TcpClient tcpClient(PoolConfig config, int loop) {
    throw new UnsupportedOperationException("this transport moves HTTP only");
  }

  /** Stops the loops; listeners are closed at once. Idempotent, blocks until the threads ended. */
  @Override
  void close();

  /** Reports that a listener could not be bound. */
  final class BindException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates the exception. */
    public BindException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
