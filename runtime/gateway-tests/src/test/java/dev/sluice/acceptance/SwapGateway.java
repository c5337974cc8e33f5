package dev.sluice.acceptance;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import java.io.IOException;
import java.io.InputStream;
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

/** Is a whole gateway in this process with ways to change it: its file, its admin API. */
final class SwapGateway implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String HEADER_GUEST = "/dev/sluice/benchmarks/internal/header.wasm";
  private static final String ADMIN = "admin: {address: \"127.0.0.1:0\"}\n";

  private final Path folder;
  private final Gateway gateway;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private SwapGateway(Path folder, Gateway gateway) {
    this.folder = folder;
    this.gateway = gateway;
  }

  /** Starts a gateway with YAML without {@code admin} in {@code folder/sluice.yaml}. */
  static SwapGateway start(Path folder, String config) {
    try {
      var file = Files.writeString(folder.resolve("sluice.yaml"), ADMIN + config);
      return new SwapGateway(
          folder, Gateway.start(new GatewayOptions(file, folder.resolve("cache"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Replaces the file at once, as editors and deployments do. */
  void replaceFile(String config) {
    try {
      var next = Files.writeString(folder.resolve("sluice.yaml.next"), ADMIN + config);
      Files.move(
          next,
          folder.resolve("sluice.yaml"),
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a whole configuration to the admin API. */
  HttpResponse<String> putConfig(String config) {
    return admin("PUT", "/config", ADMIN + config);
  }

  /** Returns where the admin API is. */
  String adminUrl() {
    return "http:/" + gateway.adminAddress();
  }

  /** Calls the admin API. */
  HttpResponse<String> admin(String method, String path, String body) {
    var uri = URI.create("http:/" + gateway.adminAddress() + path);
    return send(
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .method(method, BodyPublishers.ofString(body)));
  }

  /** Sends a request to the listener {@code web}, with headers as names and values. */
  HttpResponse<String> get(String path, String... headers) {
    var request = HttpRequest.newBuilder(web(path)).timeout(PATIENCE);
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  HttpResponse<String> post(String path, String body, String... headers) {
    var request = HttpRequest.newBuilder(web(path)).timeout(PATIENCE);
    request.POST(BodyPublishers.ofString(body));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Returns an address at the listener {@code web}. */
  URI web(String path) {
    return URI.create("http:/" + address("web") + path);
  }

  /** Returns where a listener listens. */
  InetSocketAddress address(String listener) {
    var addresses = gateway.addresses().get(listener);
    if (addresses == null) {
      throw new IllegalStateException("no listener " + listener);
    }
    return addresses.getFirst();
  }

  /** Returns the sum of the samples of a metric. */
  double metric(String name, String containing) {
    return admin("GET", "/metrics", "")
        .body()
        .lines()
        .filter(line -> line.startsWith(name) && line.contains(containing))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Returns the guest that adds {@code header: value} of its configuration to responses. */
  static byte[] headerGuest() {
    try (InputStream in = SwapGateway.class.getResourceAsStream(HEADER_GUEST)) {
      if (in == null) {
        throw new IllegalStateException("no " + HEADER_GUEST + " on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a module with another digest that does the same: a custom section is added. */
  static byte[] relabelled(byte[] module, int number) {
    var label = ("n" + number).getBytes(StandardCharsets.US_ASCII);
    var copy = java.util.Arrays.copyOf(module, module.length + 3 + label.length);
    int at = module.length;
    copy[at] = 0;
    copy[at + 1] = (byte) (label.length + 1);
    copy[at + 2] = (byte) label.length;
    System.arraycopy(label, 0, copy, at + 3, label.length);
    return copy;
  }

  /** Writes a module into the folder and returns its url. */
  String module(String name, byte[] content) {
    try {
      return "file:" + Files.write(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
    gateway.close();
  }
}
