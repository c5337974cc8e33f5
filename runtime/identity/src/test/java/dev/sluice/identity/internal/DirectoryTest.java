package dev.sluice.identity.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.identity.Access;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.KeyHash;
import dev.sluice.identity.KeySets;
import dev.sluice.identity.ModelNames;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authenticator.Outcome;
import dev.sluice.proxy.Authenticator.Outcome.Identified;
import dev.sluice.proxy.Authenticator.Outcome.Refused;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryTest {
  private static final Access REQUIRED = new Access(true, Set.of(), Set.of());
  private static final Directory DIRECTORY =
      directory(consumer("a", "key-of-a", "second-of-a"), consumer("b", "key-of-b"));

  private static ConsumerSpec consumer(String name, String... keys) {
    return new ConsumerSpec(
        name,
        List.of(keys).stream().map(KeyHash::configured).toList(),
        List.of(),
        Set.of("all"),
        ModelNames.ALL);
  }

  private static Directory directory(ConsumerSpec... consumers) {
    return Directory.of(List.of(consumers), List.of(), KeySets.open(new HandClock()));
  }

  private static Headers request(String path, String... fields) {
    var headers = Headers.of(":method", "POST", ":path", path, "accept", "*/*");
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    return headers;
  }

  /** Judges a request and takes out of it what was given to the gateway. */
  private static Outcome judge(Headers request, Access access) {
    var judgement =
        Objects.requireNonNull(
            DIRECTORY.identify(
                request,
                access,
                later -> {
                  throw new AssertionError("keys are known at once");
                }));
    judgement.strip(request);
    return judgement.outcome();
  }

  private static String name(Outcome outcome) {
    return ((Identified) outcome).identity().name();
  }

  private static Refused refused(Outcome outcome, int status) {
    var refused = (Refused) outcome;
    assertThat(refused.error().status()).isEqualTo(status);
    return refused;
  }

  @ParameterizedTest
  @CsvSource({
    "authorization, Bearer key-of-a",
    "authorization, bearer   key-of-a",
    "x-api-key, key-of-a",
    "api-key, second-of-a",
    "x-goog-api-key, key-of-a"
  })
  void findsAKeyInAFieldAndTakesItOut(String field, String value) {
    var request = request("/v1/chat", field, value);

    assertThat(name(judge(request, REQUIRED))).isEqualTo("a");
    assertThat(request.contains(field)).isFalse();
    assertThat(request.get("accept")).isEqualTo("*/*");
  }

  @ParameterizedTest
  @CsvSource({
    "/m?key=key-of-a, /m",
    "/m?alt=sse&key=key-of-a, /m?alt=sse",
    "/m?key=key-of-a&alt=sse, /m?alt=sse",
    "/m?x=1&k%65y=key%2Dof%2da&&y=, /m?x=1&&y=",
    "/m?key=key-of-a&key=key-of-a, /m"
  })
  void findsAKeyInTheQueryAndTakesItOut(String path, String left) {
    var request = request(path);

    assertThat(name(judge(request, REQUIRED))).isEqualTo("a");
    assertThat(request.path()).isEqualTo(left);
  }

  @Test
  void oneKeyInTwoPlacesIsOneCaller() {
    var request =
        request("/m?key=key-of-a", "authorization", "Bearer key-of-a", "x-api-key", "second-of-a");

    assertThat(name(judge(request, REQUIRED))).isEqualTo("a");
    assertThat(request.toString()).doesNotContain("of-a");
  }

  @Test
  void keysOfTwoCallersAreRefused() {
    var request = request("/m", "authorization", "Bearer key-of-a", "x-api-key", "key-of-b");

    var refused = refused(judge(request, Access.OPEN), 401);

    assertThat(refused.headers().get("www-authenticate"))
        .startsWith("Bearer realm=\"sluice\", error=\"invalid_token\"");
    assertThat(request.toString()).doesNotContain("key-of");
  }

  @Test
  void twoValuesInOnePlaceAreRefused() {
    refused(judge(request("/m", "x-api-key", "key-of-a", "x-api-key", "other"), Access.OPEN), 401);
    refused(judge(request("/m?key=key-of-a&key=other"), REQUIRED), 401);
    refused(
        judge(request("/m", "authorization", "Bearer x", "authorization", "Bearer y"), REQUIRED),
        401);
  }

  @Test
  void moreCredentialsThanThereArePlacesAreRefused() {
    refused(judge(request("/m?key=1&key=1&key=1&key=1&key=1&key=1&key=1"), Access.OPEN), 401);
  }

  @Test
  void noCredentialIsRefusedWhereOneIsRequired() {
    var refused = refused(judge(request("/m"), REQUIRED), 401);

    assertThat(refused.headers().get("www-authenticate")).isEqualTo("Bearer realm=\"sluice\"");
    assertThat(refused.error().code()).isEqualTo("unauthenticated");
  }

  @ParameterizedTest
  @ValueSource(strings = {"key-of-", "key-of-aa", "KEY-OF-A", " key-of-a x", "e"})
  void anUnknownKeyIsRefusedOnlyWhereOneIsRequired(String key) {
    var request = request("/m", "x-api-key", key);
    refused(judge(request, REQUIRED), 401);
    assertThat(request.contains("x-api-key")).isFalse();

    var other = request("/m?key=" + key.strip().replace(' ', '+'), "x-api-key", key);
    assertThat(judge(other, Access.OPEN)).isEqualTo(Outcome.ANONYMOUS);
    assertThat(other.get("x-api-key")).as("may be meant for the upstream").isEqualTo(key);
  }

  @Test
  void whatIsForTheUpstreamStaysWhenTheCallerIsKnownByAnotherPlace() {
    var request = request("/m", "authorization", "Bearer upstreams-own", "x-api-key", "key-of-a");

    assertThat(name(judge(request, REQUIRED))).isEqualTo("a");
    assertThat(request.get("authorization")).isEqualTo("Bearer upstreams-own");
  }

  @Test
  void anotherSchemeIsNoCredentialOfAConsumer() {
    var request = request("/m", "authorization", "Basic key-of-a");

    assertThat(judge(request, Access.OPEN)).isEqualTo(Outcome.ANONYMOUS);
    assertThat(request.get("authorization")).isEqualTo("Basic key-of-a");
  }

  @Test
  void aRouteMayBeForSomeOnly() {
    var onlyB = new Access(true, Set.of("b"), Set.of("none"));
    var group = new Access(true, Set.of("b"), Set.of("all"));

    var refused = refused(judge(request("/m", "x-api-key", "key-of-a"), onlyB), 403);
    assertThat(refused.error().code()).isEqualTo("forbidden");
    assertThat(name(judge(request("/m", "x-api-key", "key-of-b"), onlyB))).isEqualTo("b");
    assertThat(name(judge(request("/m", "x-api-key", "key-of-a"), group))).isEqualTo("a");
  }

  @Test
  void aKeyCanBeConfiguredByItsHash() throws Exception {
    var hash =
        java.security.MessageDigest.getInstance("SHA-256")
            .digest("a hashed key".getBytes(java.nio.charset.StandardCharsets.UTF_8));

    assertThat(KeyHash.configured("sha256:" + HexFormat.of().formatHex(hash)))
        .isEqualTo(KeyHash.of("a hashed key"))
        .isNotEqualTo(KeyHash.of("a hashed key "));
    assertThatThrownBy(() -> KeyHash.configured("sha256:12"))
        .hasMessage("expected: sha256: and 64 hexadecimal digits");
  }

  @Test
  void nothingThatIsPrintedShowsACredential() {
    var request = request("/m", "x-api-key", "key-of-a");
    var judgement = DIRECTORY.identify(request, REQUIRED, later -> {});

    assertThat(judgement + " " + Presented.in(request) + KeyHash.of("key-of-a"))
        .doesNotContain("key-of-a");
  }

  @Test
  void nobodyLooksWhereThereIsNobodyToFind() {
    assertThat(directory().authentication(Access.OPEN)).isNull();
    assertThat(directory().authentication(REQUIRED)).isNotNull();
  }

  @Test
  void modelsAreNamesBeginningsAndPatterns() {
    var names = ModelNames.of(List.of("gpt-4o", "claude-*", "~o[1-9](-mini)?"));

    assertThat(List.of("gpt-4o", "claude-sonnet", "claude-", "o3", "o4-mini"))
        .allMatch(names::contains);
    assertThat(List.of("gpt-4o-mini", "xclaude-", "o33", "o0", "")).noneMatch(names::contains);
    assertThat(ModelNames.ALL.contains("anything")).isTrue();
    assertThatThrownBy(() -> ModelNames.of(List.of("~(")))
        .hasMessageContaining("\"~(\"")
        .hasMessageContaining("expected: ~ and a regular expression");
  }
}
