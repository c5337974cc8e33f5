package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.Timeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections, directly or through a proxy. A name is resolved once, and what is connected to
 * is the address that was judged: a name that changes its mind in between gains nothing.
 */
final class Dialer {
  private final Proxies proxies;
  private final Timeouts timeouts;
  private final SSLSocketFactory tls;

  /**
   * @param authorities a PEM file with further certificate authorities, or null
   */
  Dialer(Proxies proxies, Timeouts timeouts, @Nullable Path authorities) {
    this.proxies = proxies;
    this.timeouts = timeouts;
    this.tls = Trust.sockets(authorities);
  }

  /**
   * Connects.
   *
   * @param least the least public address that may be dialled
   * @throws IOException when nobody answers
   * @throws RegistryException DENIED when the address may not be dialled
   */
  Connection dial(Origin origin, Reach least) throws IOException {
    var proxy = proxies.forOrigin(origin);
    if (proxy.isEmpty()) {
      return direct(origin, least);
    }
    var literal = Proxies.literal(origin.host());
    var reach = literal.map(Reach::of).orElse(Reach.PUBLIC);
    if (isForbidden(reach, least)) {
      throw refused(origin, literal.map(InetAddress::getHostAddress).orElse(""), reach);
    }
    var through = proxy.get();
    var raw = connect(InetAddress.getByName(through.host()), through.port());
    try {
      if (!origin.secure()) {
        return new Connection(raw, raw, origin, reach, timeouts, through);
      }
      Connection.tunnel(raw, origin, through);
      return new Connection(secured(raw, origin), raw, origin, reach, timeouts, null);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private Connection direct(Origin origin, Reach least) throws IOException {
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(origin.host());
    } catch (UnknownHostException e) {
      throw new DialException("no address is known for " + origin.host(), e);
    }
    RegistryException refused = null;
    IOException failed = null;
    for (var address : addresses) {
      var reach = Reach.of(address);
      if (isForbidden(reach, least)) {
        refused = refused(origin, address.getHostAddress(), reach);
        continue;
      }
      try {
        var raw = connect(address, origin.port());
        try {
          var socket = origin.secure() ? secured(raw, origin) : raw;
          return new Connection(socket, raw, origin, reach, timeouts, null);
        } catch (IOException | RuntimeException e) {
          raw.close();
          throw e;
        }
      } catch (IOException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
    if (refused != null) {
      throw refused;
    }
    throw new DialException("no address for " + origin.host(), null);
  }

  private static boolean isForbidden(Reach reach, Reach least) {
    return reach == Reach.FORBIDDEN || reach.compareTo(least) < 0;
  }

  private static RegistryException refused(Origin origin, String address, Reach reach) {
    var kind =
        switch (reach) {
          case FORBIDDEN -> "link-local or metadata address ";
          case MACHINE -> "address of this machine ";
          default -> "private address ";
        };
    return new RegistryException(
        Reason.DENIED, origin + " is at the " + kind + address + ", which may not be asked");
  }

  private Socket connect(InetAddress address, int port) throws IOException {
    var socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) timeouts.connect().toMillis());
      socket.connect(new InetSocketAddress(address, port), (int) timeouts.connect().toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw new DialException(
          e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), e);
    }
  }

  private SSLSocket secured(Socket raw, Origin origin) throws IOException {
    var socket = (SSLSocket) tls.createSocket(raw, origin.host(), origin.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      throw new DialException("TLS with " + origin.authority() + " failed: " + e.getMessage(), e);
    }
    return socket;
  }

  /** Returns the bytes of a line of a request. */
  static byte[] line(String text) {
    return (text + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Reports that no connection came about; trying again at once would not help. */
  static final class DialException extends IOException {
    private static final long serialVersionUID = 1L;

    DialException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
