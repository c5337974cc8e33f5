package dev.sluice.control;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Is a whole gateway in this process, with its file and its cache in a folder. */
final class TestGateway implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path file;
  private final Gateway gateway;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestGateway(Path file, Gateway gateway) {
    this.file = file;
    this.gateway = gateway;
  }

  /** Returns what most tests share; {@code admin} and {@code threads} stand here alone. */
  static String frame(int upstream) {
    return """
    admin: {address: "127.0.0.1:0"}
    threads: 2
    accessLog: {path: access.log}
    listeners: [{name: web, address: "127.0.0.1:0"}]
    upstreams: [{name: api, endpoints: [{address: "127.0.0.1:%d"}]}]
    """
        .formatted(upstream);
  }

  /** Starts a gateway from {@code sluice.yaml} in a folder. */
  static TestGateway start(Path folder, String yaml) {
    try {
      return start(Files.writeString(folder.resolve("sluice.yaml"), yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a gateway from a file. */
  static TestGateway start(Path file) {
    var cache = file.resolveSibling("cache");
    return new TestGateway(file, Gateway.start(new GatewayOptions(file, cache)));
  }

  Gateway gateway() {
    return gateway;
  }

  /** Replaces the file by a rename, as editors and deployments do. */
  void replace(String yaml) {
    try {
      var next = Files.writeString(file.resolveSibling("next.yaml"), yaml);
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls the admin API. */
  HttpResponse<String> admin(String method, String path, String body, String... headers) {
    return send(gateway.adminAddress(), method, path, body, headers);
  }

  HttpResponse<String> admin(String method, String path) {
    return admin(method, path, "");
  }

  /** Returns the JSON that a path of the admin API answers. */
  JsonNode json(String path) {
    return json(admin("GET", path));
  }

  static JsonNode json(HttpResponse<String> response) {
    return JsonMapper.shared().readTree(response.body());
  }

  /** Sends a request to the listener {@code web}. */
  HttpResponse<String> get(String path, String... headers) {
    return send(address("web"), "GET", path, "", headers);
  }

  /** Sends a request with a body to the listener {@code web}. */
  HttpResponse<String> post(String path, String body, String... headers) {
    return send(address("web"), "POST", path, body, headers);
  }

  InetSocketAddress address(String listener) {
    return gateway.addresses().getOrDefault(listener, List.of()).getFirst();
  }

  private HttpResponse<String> send(
      InetSocketAddress to, String method, String path, String body, String... headers) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.getPort() + path))
            .timeout(PATIENCE)
            .method(
                method,
                body.isEmpty()
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(body, StandardCharsets.UTF_8));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Returns the one sample whose name and labels begin so. */
  double metric(String sample) {
    return admin("GET", "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(sample))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  /** Returns how many changes were refused. */
  int refusals() {
    return json("/config/status").path("reloads").path("failure").asInt();
  }

  /** Returns the lines of the access log {@code access.log} so far. */
  List<String> accessLog() {
    try {
      return Files.readAllLines(file.resolveSibling("access.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ConditionFactory eventually() {
    return await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20));
  }

  @Override
  public void close() {
    client.close();
    gateway.close();
  }
}
