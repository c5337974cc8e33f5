package dev.sluice.registry.internal;

import dev.sluice.registry.CredentialSource;
import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.net.Call;
import dev.sluice.registry.internal.net.Content;
import dev.sluice.registry.internal.net.Origin;
import dev.sluice.registry.internal.net.Reach;
import dev.sluice.registry.internal.net.Transport;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers the challenges of one registry: basic, bearer tokens (distribution project, "Token
 * Authentication"), and bearer tokens for an identity token ("OAuth 2").
 */
final class Authorizer {
  private static final int MAX_TOKEN = 1 << 20;

  private final Transport transport;
  private final Origin origin;
  private final String registry;
  private final CredentialSource source;
  private final Map<Scope, String> headers = new ConcurrentHashMap<>();

  Authorizer(Transport transport, Origin origin, String registry, CredentialSource source) {
    this.transport = transport;
    this.origin = origin;
    this.registry = registry;
    this.source = source;
  }

  /** Returns the {@code Authorization} header known for a scope, or null. */
  @Nullable String header(Scope scope) {
    return headers.get(scope);
  }

  /**
   * Answers a 401.
   *
   * @param values of {@code WWW-Authenticate}
   * @param reach how public the registry is
   * @return whether it makes sense to ask again
   */
  boolean answer(List<String> values, Scope scope, Reach reach) {
    var challenges = Challenge.parse(values);
    var bearer = challenges.stream().filter(c -> c.scheme().equals("bearer")).findFirst();
    var credentials = source.find(registry, scope.repository());
    String header = null;
    if (bearer.isPresent()) {
      header = "Bearer " + token(bearer.get(), scope, credentials, reach);
    } else if (credentials.isPresent()
        && challenges.stream().anyMatch(c -> c.scheme().equals("basic"))) {
      header = basic(credentials.get());
    }
    return header != null && !header.equals(headers.put(scope, header));
  }

  /** Says for an error as whom a scope was asked for, without any secret. */
  String who(Scope scope) {
    return who(source.find(registry, scope.repository()));
  }

  private String who(Optional<Credentials> credentials) {
    if (credentials.isEmpty()) {
      return "no credentials for " + registry + " are known";
    }
    var known = credentials.get();
    boolean token = known.identityToken() != null || known.registryToken() != null;
    return "the credentials of " + (token ? "a token" : known.username()) + " were refused";
  }

  private static String basic(Credentials credentials) {
    var plain = credentials.username() + ":" + credentials.password();
    return "Basic " + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  private String token(
      Challenge challenge, Scope scope, Optional<Credentials> credentials, Reach reach) {
    var given = credentials.map(Credentials::registryToken);
    if (given.isPresent()) {
      return given.get();
    }
    var realm = realm(challenge.parameter("realm"));
    var asked = challenge.parameter("scope");
    var scopes = asked.isEmpty() ? scope.texts() : List.of(asked.split(" ", -1));
    var identity = credentials.map(Credentials::identityToken);
    var call =
        identity.isPresent()
            ? refresh(realm, challenge.parameter("service"), scopes, identity.get())
            : ask(realm, challenge.parameter("service"), scopes, credentials);
    // Whoever may be asked for content may be asked for tokens; others must be as public.
    var least = Origin.of(realm).host().equals(origin.host()) ? Reach.MACHINE : reach;
    try (var answer = transport.send(call, least)) {
      if (answer.status() != 200) {
        throw new RegistryException(
            answer.status() >= 500 ? Reason.UNAVAILABLE : Reason.DENIED,
            Origin.shown(realm)
                + " gave no token for "
                + registry
                + ": status "
                + answer.status()
                + (answer.status() < 500 ? ", " + who(credentials) : ""));
      }
      var what = "the token of " + Origin.shown(realm);
      var body = Json.object(answer.body().readNBytes(MAX_TOKEN), what);
      var token = body.path("token").asString("");
      if (token.isEmpty()) {
        token = body.path("access_token").asString("");
      }
      if (token.isEmpty()) {
        throw new RegistryException(Reason.DENIED, what + " is empty");
      }
      return token;
    } catch (IOException e) {
      throw new RegistryException(
          Reason.UNAVAILABLE,
          "cannot ask " + Origin.shown(realm) + " for a token: " + e.getMessage(),
          e);
    }
  }

  /** Reads where tokens are given out; without TLS only where the registry has none either. */
  private URI realm(String text) {
    URI realm;
    try {
      realm = URI.create(text);
      if (!Origin.of(realm).secure() && origin.secure()) {
        throw new IllegalArgumentException("no TLS");
      }
    } catch (IllegalArgumentException | RegistryException e) {
      throw new RegistryException(
          Reason.DENIED,
          registry + " sends for tokens to realm \"" + text + "\" (expected: an https URL)",
          e);
    }
    return realm;
  }

  private static Call ask(
      URI realm, String service, List<String> scopes, Optional<Credentials> credentials) {
    Map<String, String> headers = new LinkedHashMap<>();
    credentials.ifPresent(known -> headers.put("Authorization", basic(known)));
    var query =
        scopes.stream().map(scope -> "&scope=" + encode(scope)).collect(Collectors.joining());
    if (!service.isEmpty()) {
      query = "&service=" + encode(service) + query;
    }
    var separator = realm.getRawQuery() == null ? "?" : "&";
    var uri = query.isEmpty() ? realm : URI.create(realm + separator + query.substring(1));
    return new Call("GET", uri, headers, null);
  }

  private static Call refresh(URI realm, String service, List<String> scopes, String identity) {
    var form =
        "grant_type=refresh_token&client_id=sluice&service="
            + encode(service)
            + "&scope="
            + encode(String.join(" ", scopes))
            + "&refresh_token="
            + encode(identity);
    return new Call(
        "POST",
        realm,
        Map.of("Content-Type", "application/x-www-form-urlencoded"),
        Content.of(form.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
