package dev.sluice.identity;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Describes who issues JSON web tokens.
 *
 * @param issuer what tokens have in {@code iss}
 * @param jwksUri where its keys are (RFC 7517), or null to ask {@code
 *     issuer/.well-known/openid-configuration} (OpenID Connect Discovery 1.0 section 4)
 * @param audiences one of these must be in {@code aud}; empty when any will do
 * @param algorithms what tokens may be signed with, of {@link #ALGORITHMS}
 * @param clockSkew how far its clock may be off
 * @param groupsClaim the claim that holds groups, or null for none
 * @param consumerClaim the claim that names consumers that are not configured, or null when those
 *     are refused
 * @param ca a PEM file of authorities that its server may have besides the usual ones, or null
 */
public record IssuerSpec(
    String issuer,
    @Nullable URI jwksUri,
    Set<String> audiences,
    Set<String> algorithms,
    Duration clockSkew,
    @Nullable String groupsClaim,
    @Nullable String consumerClaim,
    @Nullable Path ca) {
  /** What tokens may be signed with: public keys only, so that no verifier can sign. */
  public static final List<String> ALGORITHMS =
      List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

  /** What clocks may be off when nothing else is said. */
  public static final Duration CLOCK_SKEW = Duration.ofSeconds(60);

  /** Copies the sets. */
  public IssuerSpec {
    audiences = Set.copyOf(audiences);
    algorithms = Set.copyOf(algorithms);
  }

  /** Returns an issuer that is asked for its keys, with the usual rules. */
  public static IssuerSpec of(String issuer) {
    return new IssuerSpec(
        issuer, null, Set.of(), Set.copyOf(ALGORITHMS), CLOCK_SKEW, "groups", null, null);
  }
}
