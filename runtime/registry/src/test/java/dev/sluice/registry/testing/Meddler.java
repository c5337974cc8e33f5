package dev.sluice.registry.testing;

import dev.sluice.registry.RegistryServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Stands before a registry and changes what it answers. */
public final class Meddler implements AutoCloseable {
  private static final Set<String> OWN =
      Set.of("content-length", "connection", "host", "date", "user-agent", "transfer-encoding");

  /** Is an answer. */
  public record Reply(int status, Map<String, String> headers, byte[] body) {
    public Reply without(String header) {
      var fewer = copy();
      fewer.remove(header);
      return new Reply(status, fewer, body);
    }

    public Reply with(String header, String value) {
      var more = copy();
      more.put(header, value);
      return new Reply(status, more, body);
    }

    public Reply withBody(byte[] other) {
      return new Reply(status, headers, other);
    }

    public static Reply of(int status) {
      return new Reply(status, Map.of(), new byte[0]);
    }

    private Map<String, String> copy() {
      Map<String, String> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      copy.putAll(headers);
      return copy;
    }
  }

  /** Changes an answer. */
  @FunctionalInterface
  public interface Change {
    Reply apply(HttpPeer.Asked asked, Reply reply);
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final InetSocketAddress registry;
  private final Change change;
  private final HttpPeer peer;

  private Meddler(InetSocketAddress registry, Change change) {
    this.registry = registry;
    this.change = change;
    this.peer = HttpPeer.start((asked, out) -> send(asked, out));
  }

  public static Meddler before(RegistryServer registry, Change change) {
    return new Meddler(registry.address(), change);
  }

  public String host() {
    return peer.host();
  }

  public List<HttpPeer.Asked> asked() {
    return peer.asked();
  }

  private void send(HttpPeer.Asked asked, java.io.OutputStream out) throws IOException {
    var reply = change.apply(asked, forward(asked));
    HttpPeer.reply(out, reply.status(), reply.headers(), reply.body());
  }

  public Reply forward(HttpPeer.Asked asked) throws IOException {
    var uri = URI.create("http://127.0.0.1:" + registry.getPort() + asked.target());
    var request =
        HttpRequest.newBuilder(uri)
            .method(asked.method(), BodyPublishers.ofByteArray(asked.content()));
    asked
        .headers()
        .forEach(
            (name, value) -> {
              if (!OWN.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                request.header(name, value);
              }
            });
    try {
      var response = http.send(request.build(), BodyHandlers.ofByteArray());
      Map<String, String> headers = new LinkedHashMap<>();
      response
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!OWN.contains(name)) {
                  headers.put(name, values.getFirst());
                }
              });
      return new Reply(response.statusCode(), headers, response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    peer.close();
    http.close();
  }
}
