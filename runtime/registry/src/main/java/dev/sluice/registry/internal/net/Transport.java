package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.Timeouts;
import dev.sluice.registry.internal.net.Proxies.Proxy;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.ProtocolException;
import org.jspecify.annotations.Nullable;

/** Sends requests and keeps a few connections for the next ones. Blocks; thread-safe. */
public final class Transport implements AutoCloseable {
  private final Proxies proxies;
  private final Timeouts timeouts;
  private final Clients factory;
  private final Map<Way, CloseableHttpClient> clients = new ConcurrentHashMap<>();

  /**
   * Is what all connections of one pool share, so that none is used for a request that would not
   * have been allowed to open it.
   *
   * @param least the least public address that may be asked
   */
  private record Way(Reach least, Optional<Proxy> proxy) {}

  /**
   * @param authorities a PEM file with further certificate authorities, or null
   */
  public Transport(Proxies proxies, Timeouts timeouts, @Nullable Path authorities) {
    this.proxies = proxies;
    this.timeouts = timeouts;
    this.factory = new Clients(timeouts, Trust.context(authorities));
  }

  /**
   * Sends a request; follows nothing, repeats nothing.
   *
   * @param least the least public address that may be asked
   * @throws IOException when no answer came
   * @throws RegistryException DENIED when the address may not be asked
   */
  public Answer send(Call call, Reach least) throws IOException {
    var origin = Origin.of(call.uri());
    var proxy = proxies.forOrigin(origin);
    // Behind a proxy only what is written as an address can be judged: names are the proxy's.
    var reach = Proxies.literal(origin.host()).map(Reach::of).orElse(Reach.PUBLIC);
    if (proxy.isPresent()) {
      JudgingResolver.check(origin.host(), origin.host(), reach, least);
    }
    var way = new Way(proxy.isPresent() ? Reach.MACHINE : least, proxy);
    var client = clients.computeIfAbsent(way, key -> factory.client(key.least(), key.proxy()));
    var request = request(call);
    var deadline = new Deadline(request, origin, timeouts);
    var context = HttpClientContext.create();
    try {
      var target =
          new HttpHost(origin.secure() ? "https" : "http", null, origin.host(), origin.port());
      var response = client.executeOpen(target, request, context);
      var headers = new Headers();
      for (var field : response.getHeaders()) {
        headers.add(field.getName(), field.getValue() == null ? "" : field.getValue());
      }
      var body = new Body(response, request, deadline);
      checkEncoding(headers, body);
      return new Answer(
          response.getCode(), headers, body, proxy.isPresent() ? reach : reached(context));
    } catch (IOException e) {
      deadline.settle();
      throw deadline.translated(e);
    } catch (RuntimeException e) {
      deadline.settle();
      throw e;
    }
  }

  private static HttpUriRequestBase request(Call call) {
    var request = new HttpUriRequestBase(call.method(), call.uri());
    request.setHeader("Accept-Encoding", "identity");
    call.headers().forEach((name, value) -> request.setHeader(name, checked(name, value)));
    if (call.content() != null) {
      request.setEntity(new ContentEntity(call.content()));
    }
    return request;
  }

  private static String checked(String name, String value) {
    if (value.chars().anyMatch(c -> c < ' ' || c == 127)) {
      throw new RegistryException(
          Reason.MISMATCH, "header " + name + " would hold a control character");
    }
    return value;
  }

  private static Reach reached(HttpClientContext context) {
    var details = context.getEndpointDetails();
    InetAddress address =
        details != null && details.getRemoteAddress() instanceof InetSocketAddress socket
            ? socket.getAddress()
            : null;
    // When it is not known, nothing less than public may follow.
    return address == null ? Reach.PUBLIC : Reach.of(address);
  }

  private static void checkEncoding(Headers headers, Body body) throws IOException {
    var encoding = headers.first("content-encoding").orElse("");
    if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      body.close();
      throw new IOException(
          "the answer is in encoding \""
              + encoding.replaceAll("[^ -~]", "?")
              + "\", which was not asked for");
    }
  }

  /** Returns whether a failure is one that trying again at once would not mend. */
  public static boolean isLasting(IOException e) {
    return e instanceof ConnectException
        || e instanceof UnknownHostException
        || e instanceof SSLException
        || e.getCause() instanceof ProtocolException;
  }

  @Override
  public void close() {
    clients.values().forEach(client -> client.close(org.apache.hc.core5.io.CloseMode.IMMEDIATE));
  }
}
