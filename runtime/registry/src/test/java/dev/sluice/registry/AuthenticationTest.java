package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.testing.HttpPeer;
import dev.sluice.registry.testing.HttpPeer.Asked;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuthenticationTest {
  private static final String MANIFEST = "{\"schemaVersion\":2,\"layers\":[]}";
  private static final Credentials ALICE = new Credentials("alice", "pass:word");
  private static final String BASIC =
      "Basic "
          + Base64.getEncoder().encodeToString("alice:pass:word".getBytes(StandardCharsets.UTF_8));

  private final List<AutoCloseable> parts = new java.util.ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (var part : parts) {
      part.close();
    }
  }

  @Test
  void answersABasicChallengeAndKeepsTheAnswer() {
    var registry =
        peer(
            (asked, out) -> {
              if (asked.header("authorization").equals(BASIC)) {
                HttpPeer.reply(out, 200, Map.of(), MANIFEST);
              } else {
                HttpPeer.reply(out, 401, Map.of("WWW-Authenticate", "Basic realm=\"r\""), "");
              }
            });
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      client.manifest("a/b", "1");
      client.manifest("a/b", "2");
    }
    assertThat(registry.asked())
        .extracting(asked -> asked.header("authorization"))
        .containsExactly("", BASIC, BASIC);
  }

  @Test
  void saysThatCredentialsAreMissingOrRefused() {
    var registry =
        peer(
            (asked, out) ->
                HttpPeer.reply(
                    out,
                    401,
                    Map.of("WWW-Authenticate", "Basic realm=\"r\""),
                    "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"log in\"}]}"));
    try (var anonymous = client(registry, CredentialSource.NONE);
        var known = client(registry, CredentialSource.of(ALICE))) {
      assertThatThrownBy(() -> anonymous.manifest("a/b", "1"))
          .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.DENIED))
          .hasMessageContaining("answered 401: UNAUTHORIZED log in; no credentials for ")
          .hasMessageEndingWith(" are known");
      assertThatThrownBy(() -> known.manifest("a/b", "1"))
          .hasMessageContaining("answered 401")
          .hasMessageEndingWith("; the credentials of alice were refused")
          .hasMessageNotContaining("pass");
    }
    assertThat(registry.asked()).hasSize(3);
  }

  @Test
  void fetchesABearerTokenForTheRepositoryWithItsCredentials() {
    var tokens = peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{\"token\":\"T1\"}"));
    var registry = bearer(tokens, "T1");
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      client.manifest("a/b", "1");
      client.manifest("a/b", "2");
    }
    assertThat(tokens.asked()).hasSize(1);
    var asked = tokens.asked().getFirst();
    assertThat(asked.method()).isEqualTo("GET");
    assertThat(asked.target()).isEqualTo("/token?service=reg&scope=repository%3Aa%2Fb%3Apull");
    assertThat(asked.header("authorization")).isEqualTo(BASIC);
  }

  @Test
  void fetchesAnAnonymousTokenWithoutCredentials() {
    var tokens =
        peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{\"access_token\":\"T1\"}"));
    var registry = bearer(tokens, "T1");
    try (var client = client(registry, CredentialSource.NONE)) {
      client.manifest("a/b", "1");
    }
    assertThat(tokens.asked().getFirst().header("authorization")).isEmpty();
  }

  @Test
  void asksForANewTokenWhenTheOldOneHasExpired() {
    var given = new java.util.concurrent.atomic.AtomicInteger();
    var tokens =
        peer(
            (asked, out) ->
                HttpPeer.reply(
                    out, 200, Map.of(), "{\"token\":\"T" + given.incrementAndGet() + "\"}"));
    var valid = new java.util.concurrent.atomic.AtomicInteger(1);
    var registry =
        peer(
            (asked, out) -> {
              if (asked.header("authorization").equals("Bearer T" + valid.get())) {
                HttpPeer.reply(out, 200, Map.of(), MANIFEST);
              } else {
                HttpPeer.reply(out, 401, challenge(tokens), "");
              }
            });
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      client.manifest("a/b", "1");
      valid.set(2);
      client.manifest("a/b", "1");
    }
    assertThat(given.get()).isEqualTo(2);
  }

  @Test
  void exchangesAnIdentityTokenByPost() {
    var tokens =
        peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{\"access_token\":\"T1\"}"));
    var registry = bearer(tokens, "T1");
    try (var client = client(registry, CredentialSource.of(Credentials.identity("refresh+me")))) {
      client.manifest("a/b", "1");
    }
    var asked = tokens.asked().getFirst();
    assertThat(asked.method()).isEqualTo("POST");
    assertThat(asked.body())
        .contains("grant_type=refresh_token", "refresh_token=refresh%2Bme", "service=reg")
        .contains("scope=repository%3Aa%2Fb%3Apull");
    assertThat(asked.header("authorization")).isEmpty();
  }

  @Test
  void sendsARegistryTokenAsItIs() {
    var registry = bearer(peer((asked, out) -> out.close()), "T9");
    var known = new Credentials("", "", null, "T9");
    try (var client = client(registry, CredentialSource.of(known))) {
      client.manifest("a/b", "1");
    }
    assertThat(registry.asked()).hasSize(2);
  }

  @Test
  void asksForBothRepositoriesWhenItMounts() {
    var tokens = peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{\"token\":\"T1\"}"));
    var registry =
        peer(
            (asked, out) -> {
              if (asked.header("authorization").isEmpty()) {
                HttpPeer.reply(out, 401, challenge(tokens), "");
              } else {
                HttpPeer.reply(out, 201, Map.of(), "");
              }
            });
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      assertThat(client.mountBlob("a/b", "c/d", Digest.of(new byte[0]))).isTrue();
    }
    assertThat(tokens.asked().getFirst().target())
        .contains("scope=repository%3Aa%2Fb%3Apull%2Cpush", "scope=repository%3Ac%2Fd%3Apull");
  }

  @Test
  void takesNoCredentialsAlongOnARedirect() {
    var storage = peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), MANIFEST));
    var registry =
        peer(
            (asked, out) -> {
              if (asked.header("authorization").isEmpty()) {
                HttpPeer.reply(out, 401, Map.of("WWW-Authenticate", "Basic realm=r"), "");
              } else {
                HttpPeer.reply(
                    out, 307, Map.of("Location", "http://" + storage.host() + "/x?sig=1"), "");
              }
            });
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      client.manifest("a/b", "1");
    }
    assertThat(storage.asked()).extracting(Asked::target).containsExactly("/x?sig=1");
    assertThat(storage.asked().getFirst().headers()).doesNotContainKey("authorization");
  }

  @Test
  void answersNoChallengeOfWhomItWasRedirectedTo() {
    var storage =
        peer(
            (asked, out) ->
                HttpPeer.reply(out, 401, Map.of("WWW-Authenticate", "Basic realm=r"), ""));
    var registry =
        peer(
            (asked, out) ->
                HttpPeer.reply(out, 302, Map.of("Location", "http://" + storage.host()), ""));
    try (var client = client(registry, CredentialSource.of(ALICE))) {
      assertThatThrownBy(() -> client.manifest("a/b", "1")).hasMessageContaining("answered 401");
    }
    assertThat(storage.asked()).hasSize(1);
  }

  @Test
  void refusesATokenRealmAtAMetadataAddress() {
    for (var realm : List.of("http://169.254.169.254/t", "http://[fe80::1]/t", "http://0.0.0.0/")) {
      var registry = challenged("Bearer realm=\"" + realm + "\"");
      try (var client = client(registry, CredentialSource.of(ALICE))) {
        assertThatThrownBy(() -> client.manifest("a/b", "1"))
            .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.DENIED))
            .hasMessageContaining("metadata address");
      }
    }
  }

  @Test
  void refusesATokenRealmThatIsNoUrl() {
    for (var realm :
        List.of("", "file:///etc/passwd", "ftp://h/", "http://a b", "https://u:p@h/")) {
      var registry = challenged("Bearer realm=\"" + realm + "\"");
      try (var client = client(registry, CredentialSource.of(ALICE))) {
        assertThatThrownBy(() -> client.manifest("a/b", "1"))
            .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.DENIED))
            .hasMessageContaining("realm \"" + realm + "\" (expected: an https URL)");
      }
    }
  }

  @Test
  void refusesATokenThatWouldAddHeaders() {
    var tokens =
        peer(
            (asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{\"token\":\"x\\r\\nX-Evil: 1\"}"));
    var registry = bearer(tokens, "x");
    try (var client = client(registry, CredentialSource.NONE)) {
      assertThatThrownBy(() -> client.manifest("a/b", "1"))
          .hasMessageContaining("control character");
    }
  }

  @Test
  void refusesAnEmptyTokenAndSaysWhoGaveIt() {
    var tokens = peer((asked, out) -> HttpPeer.reply(out, 200, Map.of(), "{}"));
    try (var client = client(bearer(tokens, "T"), CredentialSource.NONE)) {
      assertThatThrownBy(() -> client.manifest("a/b", "1"))
          .hasMessageContaining("http://" + tokens.host() + "/token is empty");
    }
    var angry = peer((asked, out) -> HttpPeer.reply(out, 403, Map.of(), "no"));
    try (var client = client(bearer(angry, "T"), CredentialSource.NONE)) {
      assertThatThrownBy(() -> client.manifest("a/b", "1"))
          .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.DENIED))
          .hasMessageContaining("gave no token for")
          .hasMessageContaining("status 403");
    }
  }

  private HttpPeer challenged(String challenge) {
    return peer(
        (asked, out) -> HttpPeer.reply(out, 401, Map.of("WWW-Authenticate", challenge), ""));
  }

  private HttpPeer bearer(HttpPeer tokens, String token) {
    return peer(
        (asked, out) -> {
          if (asked.header("authorization").equals("Bearer " + token)) {
            HttpPeer.reply(out, 200, Map.of(), MANIFEST);
          } else {
            HttpPeer.reply(out, 401, challenge(tokens), "");
          }
        });
  }

  private static Map<String, String> challenge(HttpPeer tokens) {
    var headers = new HashMap<String, String>();
    headers.put(
        "WWW-Authenticate",
        "Basic realm=\"also\", Bearer realm=\"http://"
            + tokens.host()
            + "/token\",service=\"reg\",error=\"invalid_token\"");
    return headers;
  }

  private HttpPeer peer(HttpPeer.Script script) {
    var peer = HttpPeer.start(script);
    parts.add(peer);
    return peer;
  }

  private static RegistryClient client(HttpPeer registry, CredentialSource credentials) {
    return new RegistryClient(registry.host(), RegistrySettings.PLAIN.withCredentials(credentials));
  }

  private static Reason reason(Throwable e) {
    return ((RegistryException) e).reason();
  }
}
