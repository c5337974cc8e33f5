package dev.sluice.identity.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.identity.Access;
import dev.sluice.identity.Consumer;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.ConsumerSpec.TokenRule;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.KeySets;
import dev.sluice.identity.ModelNames;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authenticator.Outcome;
import dev.sluice.proxy.Authenticator.Outcome.Identified;
import dev.sluice.proxy.Authenticator.Outcome.Refused;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks tokens of an issuer that is a server of its own, with time that passes as told. */
class TokensTest {
  private static final Access REQUIRED = new Access(true, Set.of(), Set.of());
  private static final JWK FIRST = TestIssuer.rsa("first");
  private static final JWK SECOND = TestIssuer.ec("second");

  private final HandClock clock = new HandClock();
  private final KeySets keys = KeySets.open(clock);
  private TestIssuer issuer;
  private Directory directory;

  @BeforeEach
  void start() throws IOException {
    issuer = new TestIssuer();
    issuer.serve(FIRST);
    directory = directory(null);
  }

  @AfterEach
  void close() {
    keys.close();
    issuer.close();
  }

  private Directory directory(@Nullable String consumerClaim) {
    var consumer =
        new ConsumerSpec(
            "team-a",
            List.of(),
            List.of(new TokenRule(issuer.url(), Map.of("team", "a", "org.unit", "x"))),
            Set.of("beta"),
            ModelNames.of(List.of("gpt-4o")));
    var spec =
        new IssuerSpec(
            issuer.url(),
            consumerClaim == null ? null : URI.create(issuer.url() + "/keys"),
            Set.of("sluice"),
            Set.of("RS256", "ES256"),
            Duration.ofSeconds(60),
            "groups",
            consumerClaim,
            null);
    return Directory.of(List.of(consumer), List.of(spec), keys);
  }

  private JWTClaimsSet.Builder claims() {
    return issuer.claims(clock.now()).claim("team", "a").claim("org", Map.of("unit", "x"));
  }

  private Outcome judge(String token) {
    return judge(token, REQUIRED);
  }

  private Outcome judge(String token, Access access) {
    var request = Headers.of(":method", "GET", ":path", "/", "authorization", "Bearer " + token);
    var later = new CompletableFuture<Judgement>();
    var now = directory.identify(request, access, later::complete);
    try {
      var judgement = now == null ? later.get(30, TimeUnit.SECONDS) : now;
      judgement.strip(request);
      assertThat(judgement.toString()).doesNotContain(token);
      if (!(judgement.outcome() instanceof Outcome.Anonymous)) {
        assertThat(request.contains("authorization")).isFalse();
      }
      return judgement.outcome();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Consumer known(Outcome outcome) {
    return (Consumer) ((Identified) outcome).identity();
  }

  private static void refused(Outcome outcome, int status, String detail) {
    assertThat(outcome).isInstanceOf(Refused.class);
    var error = ((Refused) outcome).error();
    assertThat(error.status()).as(error.detail()).isEqualTo(status);
    assertThat(error.detail()).contains(detail);
  }

  @Test
  void aTokenIsAConsumersByItsClaims() {
    var consumer =
        known(judge(TestIssuer.sign(FIRST, claims().claim("groups", List.of("g")).build())));

    assertThat(consumer.name()).isEqualTo("team-a");
    assertThat(consumer.groups()).containsExactlyInAnyOrder("beta", "g");
    assertThat(consumer.mayUseModel("gpt-4o")).isTrue();
    assertThat(consumer.mayUseModel("gpt-5")).isFalse();
  }

  @Test
  void aClaimMayHaveSeveralValues() {
    var token = TestIssuer.sign(FIRST, claims().claim("team", List.of("b", "a")).build());

    assertThat(known(judge(token)).name()).isEqualTo("team-a");
  }

  @Test
  void aTokenOfNobodyIsForbidden() {
    var token = TestIssuer.sign(FIRST, claims().claim("team", "b").build());

    refused(judge(token), 403, "no consumer has tokens like this one");
    assertThat(judge(token, Access.OPEN)).isEqualTo(Outcome.ANONYMOUS);
  }

  @Test
  void aClaimMayNameConsumersThatAreNotConfigured() {
    directory = directory("sub");

    assertThat(known(judge(TestIssuer.sign(FIRST, issuer.claims(clock.now()).build()))).name())
        .isEqualTo("someone");
    refused(
        judge(TestIssuer.sign(FIRST, issuer.claims(clock.now()).subject("team-a").build())),
        403,
        "names a consumer that is configured");
    refused(
        judge(TestIssuer.sign(FIRST, issuer.claims(clock.now()).subject("a\nb").build())),
        403,
        "names nobody");
  }

  @Test
  void aRotatedKeyIsFetchedWhenATokenNamesIt() {
    known(judge(TestIssuer.sign(FIRST, claims().build())));
    assertThat(issuer.asked()).isEqualTo(1);

    issuer.serve(SECOND);
    clock.pass(KeySet.PAUSE);
    assertThat(known(judge(TestIssuer.sign(SECOND, claims().build()))).name()).isEqualTo("team-a");
    assertThat(issuer.asked()).isEqualTo(2);
    clock.pass(Tokens.KEPT);
    refused(judge(TestIssuer.sign(FIRST, claims().build())), 401, "no matching key");
  }

  @Test
  void madeUpKeysDoNotBecomeALoadOnTheIssuer() {
    known(judge(TestIssuer.sign(FIRST, claims().build())));
    for (int i = 0; i < 20; i++) {
      refused(judge(TestIssuer.sign(TestIssuer.ec("made up " + i), claims().build())), 401, "");
    }
    assertThat(issuer.asked()).isEqualTo(1);

    clock.pass(KeySet.PAUSE);
    refused(judge(TestIssuer.sign(SECOND, claims().build())), 401, "");
    assertThat(issuer.asked()).isEqualTo(2);
  }

  @Test
  void aKnownTokenIsNotCheckedAgainForAWhile() {
    var token = TestIssuer.sign(FIRST, claims().build());
    known(judge(token));

    var request = Headers.of(":method", "GET", ":path", "/", "authorization", "Bearer " + token);
    assertThat(directory.identify(request, REQUIRED, later -> {})).isNotNull();
    clock.pass(Tokens.KEPT);
    assertThat(directory.identify(request, REQUIRED, later -> {})).isNull();
  }

  @Test
  void anExpiredTokenIsRefusedEvenWhenItWasKnown() {
    var expires = clock.now().plusSeconds(30);
    var token = TestIssuer.sign(FIRST, claims().expirationTime(Date.from(expires)).build());
    known(judge(token));

    clock.pass(Duration.ofSeconds(80));
    assertThat(known(judge(token)).name()).as("its clock may be off").isEqualTo("team-a");
    clock.pass(Duration.ofSeconds(20));
    refused(judge(token), 401, "expired");
    refused(judge(token, Access.OPEN), 401, "expired");
  }

  @Test
  void aTokenOfTheFutureIsRefused() {
    var later = Date.from(clock.now().plusSeconds(120));

    refused(judge(TestIssuer.sign(FIRST, claims().notBeforeTime(later).build())), 401, "before");
  }

  @Test
  void aTokenThatNeverExpiresIsRefused() {
    refused(judge(TestIssuer.sign(FIRST, claims().expirationTime(null).build())), 401, "exp");
  }

  @Test
  void aTokenForSomebodyElseIsRefused() {
    refused(judge(TestIssuer.sign(FIRST, claims().audience("other").build())), 401, "aud");
  }

  @Test
  void aTokenOfAnotherIssuerIsNotOurs() {
    var token = TestIssuer.sign(FIRST, claims().issuer("https://other.example.com").build());

    refused(judge(token), 401, "not known");
    assertThat(judge(token, Access.OPEN)).isEqualTo(Outcome.ANONYMOUS);
  }

  @Test
  void anUnsignedTokenIsRefused() {
    refused(judge(new PlainJWT(claims().build()).serialize() + "x"), 401, "no signed token");
    refused(judge(new PlainJWT(claims().build()).serialize()), 401, "");
  }

  @Test
  void aTokenSignedWithThePublicKeyAsASecretIsRefused() throws Exception {
    byte[] secret = FIRST.toRSAKey().toPublicKey().getEncoded();
    var token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("first").build(), claims().build());
    token.sign(new MACSigner(secret));

    refused(judge(token.serialize()), 401, "");
  }

  @Test
  void anAlteredTokenIsRefused() {
    var token = TestIssuer.sign(FIRST, claims().build());
    var other = TestIssuer.sign(FIRST, claims().claim("team", "z").build());
    var altered =
        other.substring(0, other.lastIndexOf('.')) + token.substring(token.lastIndexOf('.'));

    refused(judge(altered), 401, "");
    refused(judge("eyJhbGciOiJSUzI1NiJ9..x"), 401, "");
    refused(judge("eyJ.eyJ.eyJ"), 401, "");
  }

  @Test
  void anIssuerThatDoesNotAnswerMakesTokensUnknowable() {
    issuer.answer(500);
    refused(judge(TestIssuer.sign(FIRST, claims().build())), 503, "answered 500");

    issuer.answer(200);
    refused(judge(TestIssuer.sign(FIRST, claims().build())), 503, "answered 500");
    clock.pass(KeySet.PAUSE);
    known(judge(TestIssuer.sign(FIRST, claims().build())));
  }

  @Test
  void keysServeOnWhileTheIssuerDoesNotAnswer() {
    known(judge(TestIssuer.sign(FIRST, claims().build())));
    issuer.answer(500);

    clock.pass(KeySet.FRESH.multipliedBy(6));
    known(judge(TestIssuer.sign(FIRST, claims().build())));
    clock.pass(KeySet.STALE);
    refused(judge(TestIssuer.sign(FIRST, claims().build())), 503, "answered 500");
  }
}
