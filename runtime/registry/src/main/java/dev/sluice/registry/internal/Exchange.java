package dev.sluice.registry.internal;

import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of one registry's client: answers challenges, follows redirects without
 * carrying credentials to another host, and tries again what may succeed later.
 */
public final class Exchange implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> LATER = Set.of(429, 502, 503, 504);
  private static final int MAX_REDIRECTS = 5;
  private static final int MAX_TRIES = 4;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private final HttpClient http;
  private final Authorizer authorizer;
  private final URI base;

  /** Prepares to speak to a registry; connects when first used. */
  public Exchange(String registry, @Nullable Credentials credentials, boolean plainHttp) {
    boolean plain = plainHttp || isLoopback(registry);
    this.base = URI.create((plain ? "http://" : "https://") + registry);
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    this.authorizer = new Authorizer(http, credentials, plain);
  }

  static boolean isLoopback(String registry) {
    var host =
        registry.startsWith("[")
            ? registry.replaceFirst("].*", "]")
            : registry.replaceFirst(":.*", "");
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  /** Resolves what a Location header says. */
  public URI resolve(String location) {
    return base.resolve(location);
  }

  /** Fetches; the caller closes the body. */
  public HttpResponse<InputStream> get(String path, String accept, String scope) {
    return sendTo("GET", base.resolve(path), Map.of("Accept", accept), null, scope, 200);
  }

  /** Asks whether something is there. */
  public boolean exists(String path, String scope) {
    try {
      sendTo("HEAD", base.resolve(path), Map.of(), null, scope, 200);
      return true;
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /** Sends to a path of the registry. */
  public HttpResponse<InputStream> send(
      String method,
      String path,
      Map<String, String> headers,
      @Nullable BodyPublisher body,
      String scope,
      int expected) {
    return sendTo(method, base.resolve(path), headers, body, scope, expected);
  }

  /**
   * Sends a request and returns the answer with the expected status.
   *
   * @throws RegistryException for any other outcome, with the registry's own message
   */
  public HttpResponse<InputStream> sendTo(
      String method,
      URI uri,
      Map<String, String> headers,
      @Nullable BodyPublisher body,
      String scope,
      int expected) {
    var target = uri;
    boolean answered = false;
    int redirects = 0;
    int tries = 1;
    while (true) {
      HttpResponse<InputStream> response;
      try {
        response = once(method, target, headers, body, scope);
      } catch (IOException e) {
        if (tries++ < MAX_TRIES && !(e instanceof ConnectException)) {
          pause(backOff(tries));
          continue;
        }
        throw new RegistryException(
            Reason.UNAVAILABLE, "cannot reach " + base + ": " + message(e), e);
      }
      int status = response.statusCode();
      if (status == expected || (status == 206 && expected == 200)) {
        return response;
      }
      if (status == 401 && !answered && sameHost(target)) {
        drop(response);
        answered = true;
        if (authorizer.answer(response.headers().firstValue("www-authenticate"), scope)) {
          continue;
        }
      } else if (REDIRECTS.contains(status) && redirects++ < MAX_REDIRECTS) {
        drop(response);
        target = redirect(target, response);
        continue;
      } else if (LATER.contains(status) && tries++ < MAX_TRIES) {
        drop(response);
        pause(retryAfter(response, tries));
        continue;
      }
      throw failure(method, target, response);
    }
  }

  private HttpResponse<InputStream> once(
      String method,
      URI uri,
      Map<String, String> headers,
      @Nullable BodyPublisher body,
      String scope)
      throws IOException {
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofMinutes(5))
            .method(method, body == null ? BodyPublishers.noBody() : body);
    headers.forEach(request::header);
    var authorization = authorizer.header(scope);
    if (authorization != null && sameHost(uri)) {
      request.header("Authorization", authorization);
    }
    try {
      return http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryException(Reason.UNAVAILABLE, "interrupted while asking " + base, e);
    }
  }

  private boolean sameHost(URI uri) {
    return Objects.equals(uri.getHost(), base.getHost())
        && uri.getPort() == base.getPort()
        && Objects.equals(uri.getScheme(), base.getScheme());
  }

  private URI redirect(URI from, HttpResponse<InputStream> response) {
    var target = from.resolve(response.headers().firstValue("location").orElse(""));
    boolean downgrade = "https".equals(from.getScheme()) && !"https".equals(target.getScheme());
    if (downgrade || target.getHost() == null) {
      throw new RegistryException(
          Reason.DENIED, base + " redirects to " + target + " (expected: an https URL)");
    }
    return target;
  }

  private RegistryException failure(String method, URI uri, HttpResponse<InputStream> response) {
    int status = response.statusCode();
    var reason =
        switch (status) {
          case 404 -> Reason.NOT_FOUND;
          case 401, 403 -> Reason.DENIED;
          case 400, 416 -> Reason.MISMATCH;
          case 413 -> Reason.TOO_LARGE;
          default -> Reason.UNAVAILABLE;
        };
    return new RegistryException(
        reason, method + " " + uri + " answered " + status + detail(response));
  }

  private static String detail(HttpResponse<InputStream> response) {
    try (var in = response.body()) {
      var error = Json.MAPPER.readTree(in.readNBytes(16 << 10)).path("errors").path(0);
      var code = error.path("code").asString("");
      return code.isEmpty() ? "" : ": " + code + " " + error.path("message").asString("");
    } catch (IOException | tools.jackson.core.JacksonException e) {
      return "";
    }
  }

  private static void drop(HttpResponse<InputStream> response) {
    try (var in = response.body()) {
      in.readNBytes(64 << 10);
    } catch (IOException e) {
      // The connection is given up; the next request opens another.
    }
  }

  private static Duration retryAfter(HttpResponse<InputStream> response, int tries) {
    var header = response.headers().firstValue("retry-after").orElse("");
    if (!header.isEmpty() && header.length() < 6 && header.chars().allMatch(Character::isDigit)) {
      var asked = Duration.ofSeconds(Long.parseLong(header));
      return asked.compareTo(LONGEST_WAIT) < 0 ? asked : LONGEST_WAIT;
    }
    return backOff(tries);
  }

  private static Duration backOff(int tries) {
    return Duration.ofMillis(100L << tries);
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryException(Reason.UNAVAILABLE, "interrupted", e);
    }
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  @Override
  public void close() {
    http.close();
  }
}
