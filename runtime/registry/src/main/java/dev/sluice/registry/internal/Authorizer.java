package dev.sluice.registry.internal;

import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers the challenges of one registry: basic, and bearer tokens (distribution project, "token").
 */
final class Authorizer {
  private static final Pattern PARAMETER = Pattern.compile("([a-zA-Z]+)=\"([^\"]*)\"");

  private final HttpClient http;
  private final @Nullable Credentials credentials;
  private final boolean plainHttp;
  private final Map<String, String> headers = new ConcurrentHashMap<>();

  Authorizer(HttpClient http, @Nullable Credentials credentials, boolean plainHttp) {
    this.http = http;
    this.credentials = credentials;
    this.plainHttp = plainHttp;
  }

  /** Returns the {@code Authorization} header known for a scope, or null. */
  @Nullable String header(String scope) {
    return headers.get(scope);
  }

  /**
   * Answers a 401.
   *
   * @return whether it makes sense to ask again
   */
  boolean answer(Optional<String> challenge, String scope) {
    var text = challenge.orElse("");
    var kind = text.split(" ", 2)[0].toLowerCase(Locale.ROOT);
    var header =
        switch (kind) {
          case "basic" -> credentials == null ? null : basic(credentials);
          case "bearer" -> "Bearer " + token(parameters(text), scope);
          default -> null;
        };
    return header != null && !header.equals(headers.put(scope, header));
  }

  private static String basic(Credentials credentials) {
    var plain = credentials.username() + ":" + credentials.password();
    return "Basic " + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> parameters(String challenge) {
    Map<String, String> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    var matcher = PARAMETER.matcher(challenge);
    while (matcher.find()) {
      parameters.put(matcher.group(1), matcher.group(2));
    }
    return parameters;
  }

  private String token(Map<String, String> parameters, String scope) {
    var realm = URI.create(parameters.getOrDefault("realm", ""));
    checkRealm(realm);
    var query =
        "service="
            + encode(parameters.getOrDefault("service", ""))
            + "&scope="
            + encode(parameters.getOrDefault("scope", scope));
    var uri = URI.create(realm + (realm.getQuery() == null ? "?" : "&") + query);
    var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(15));
    if (credentials != null) {
      request.header("Authorization", basic(credentials));
    }
    try {
      var response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() != 200) {
        throw new RegistryException(
            Reason.DENIED, realm + " gave no token: status " + response.statusCode());
      }
      var body = Json.object(response.body(), "the token of " + realm);
      return body.path("token").asString(body.path("access_token").asString(""));
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot ask " + realm + " for a token", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryException(Reason.UNAVAILABLE, "interrupted", e);
    }
  }

  /** Keeps a hostile registry from using the gateway to reach inside its network. */
  private void checkRealm(URI realm) {
    var host = realm.getHost();
    boolean secure = "https".equals(realm.getScheme());
    if (host == null || !(secure || (plainHttp && "http".equals(realm.getScheme())))) {
      throw new RegistryException(
          Reason.DENIED, "token realm \"" + realm + "\" (expected: an https URL)");
    }
    try {
      for (var address : InetAddress.getAllByName(host)) {
        boolean inside = address.isLinkLocalAddress() || address.isAnyLocalAddress();
        boolean local = address.isLoopbackAddress() || address.isSiteLocalAddress();
        if (inside || (local && !plainHttp)) {
          throw new RegistryException(
              Reason.DENIED, "token realm \"" + realm + "\" is at the private address " + address);
        }
      }
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot find token realm " + realm, e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
