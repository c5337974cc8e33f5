package dev.sluice.acceptance;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Is a whole gateway in this process, with its configuration and its cache in a folder. */
final class ProtocolGateway implements AutoCloseable {
  private static final String GUEST = "/dev/sluice/benchmarks/internal/header.wasm";

  private final Path file;
  private final Gateway gateway;

  private ProtocolGateway(Path file, Gateway gateway) {
    this.file = file;
    this.gateway = gateway;
  }

  /**
   * Starts a gateway.
   *
   * @param folder takes the file of the configuration, and its relative paths start there
   * @param config YAML without {@code admin} and {@code accessLog}
   */
  static ProtocolGateway start(Path folder, String config) {
    var file = folder.resolve("sluice.yaml");
    write(file, config);
    return new ProtocolGateway(
        file, Gateway.start(new GatewayOptions(file, folder.resolve("cache"))));
  }

  private static Path accessLog(Path config) {
    return config.resolveSibling("access.log");
  }

  private static void write(Path file, String config) {
    try {
      Files.writeString(
          file,
          "admin: {address: \"127.0.0.1:0\"}\naccessLog: {path: \"%s\"}\n"
                  .formatted(accessLog(file))
              + config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a plugin that adds {@code x-hello: world} to responses into a folder. */
  static Path headerPlugin(Path folder) {
    try (InputStream in = ProtocolGateway.class.getResourceAsStream(GUEST)) {
      if (in == null) {
        throw new IllegalStateException("no " + GUEST + " on the class path");
      }
      var file = folder.resolve("header.wasm");
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Applies the configuration again, as it stands in the file. */
  void reload() {
    gateway.reload();
  }

  /** Returns the lines of the access log so far. */
  List<String> accessLog() {
    try {
      return Files.readAllLines(accessLog(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the port of a listener. */
  int port(String listener) {
    return address(listener).getPort();
  }

  /** Returns the address of a listener. */
  InetSocketAddress address(String listener) {
    var addresses = gateway.addresses().get(listener);
    if (addresses == null) {
      throw new IllegalArgumentException("no listener " + listener + " in " + file);
    }
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), addresses.getFirst().getPort());
  }

  @Override
  public void close() {
    gateway.close();
  }
}
