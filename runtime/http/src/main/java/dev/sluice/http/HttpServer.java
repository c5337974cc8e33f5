package dev.sluice.http;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Is a bound listener: one socket per loop and address (SO_REUSEPORT) where the system can, so that
 * no thread hands connections to another.
 */
public interface HttpServer {
  /** Returns the bound addresses, with the real ports. */
  List<InetSocketAddress> addresses();

  /** Returns the open connections over all loops. */
  int connections();

  /**
   * Reads the files of its certificates again and returns what puts them in force for new
   * connections, which does nothing when they have not changed. Blocks; not to be called on a loop.
   *
   * @throws IllegalArgumentException when one cannot be used, naming the file; those in force stay
   */
  Runnable renewCertificates();

  /**
   * Stops accepting, tells the clients (GOAWAY, {@code connection: close}), lets streams finish for
   * {@code timeout} and then closes what is left. The future completes when no connection is left.
   */
  CompletableFuture<Void> drain(Duration timeout);
}
