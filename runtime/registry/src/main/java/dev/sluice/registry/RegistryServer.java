package dev.sluice.registry;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.registry.internal.RegistryHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves a small registry for development (OCI distribution specification: pull, push, tags,
 * deletion, referrers) over a folder with an OCI layout per repository. No authentication, no TLS,
 * no quota: for a laptop and for tests.
 */
public final class RegistryServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads;

  private RegistryServer(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Starts a server.
   *
   * @param folder where repositories are kept
   * @param address where it listens; port 0 takes a free one
   * @throws RegistryException UNAVAILABLE when the address cannot be bound
   */
  public static RegistryServer start(Path folder, InetSocketAddress address) {
    try {
      var server = HttpServer.create(address, 0);
      var threads = Executors.newVirtualThreadPerTaskExecutor();
      server.setExecutor(threads);
      server.createContext("/", new RegistryHandler(folder));
      server.start();
      return new RegistryServer(server, threads);
    } catch (IOException e) {
      throw new RegistryException(
          RegistryException.Reason.UNAVAILABLE,
          "cannot listen on " + address + ": " + e.getMessage(),
          e);
    }
  }

  /** Returns where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
