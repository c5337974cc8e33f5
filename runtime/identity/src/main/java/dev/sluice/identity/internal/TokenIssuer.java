package dev.sluice.identity.internal;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import dev.sluice.identity.Consumer;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.ConsumerSpec.TokenRule;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.ModelNames;
import dev.sluice.identity.internal.TokenOutcome.Failed;
import dev.sluice.identity.internal.TokenOutcome.Known;
import dev.sluice.identity.internal.TokenOutcome.Nobody;
import dev.sluice.identity.internal.TokenOutcome.Unavailable;
import dev.sluice.plugin.host.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the tokens of one issuer (RFC 7515, 7519, 8725) and finds whose they are. Thread-safe;
 * blocks while keys are fetched.
 */
final class TokenIssuer {
  private static final int MAX_NAME = 128;
  private static final int MAX_GROUPS = 100;

  private final IssuerSpec spec;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
  private final List<Owner> owners = new ArrayList<>();
  private final Set<String> configured;

  /** Is a consumer with a rule for its tokens. */
  private record Owner(ConsumerSpec consumer, TokenRule rule) {}

  /**
   * @param consumers all of them: tokens that name themselves get none of their names
   */
  TokenIssuer(IssuerSpec spec, List<ConsumerSpec> consumers, KeySet keys, Clock clock) {
    this.spec = spec;
    for (var consumer : consumers) {
      for (var rule : consumer.tokens()) {
        if (rule.issuer().equals(spec.issuer())) {
          owners.add(new Owner(consumer, rule));
        }
      }
    }
    configured = consumers.stream().map(ConsumerSpec::name).collect(Collectors.toSet());
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(
            spec.algorithms().stream().map(JWSAlgorithm::parse).collect(Collectors.toSet()), keys));
    processor.setJWTClaimsSetVerifier(claims(spec, clock));
  }

  private static DefaultJWTClaimsVerifier<SecurityContext> claims(IssuerSpec spec, Clock clock) {
    var verifier =
        new DefaultJWTClaimsVerifier<SecurityContext>(
            spec.audiences().isEmpty() ? null : new HashSet<>(spec.audiences()),
            new JWTClaimsSet.Builder().issuer(spec.issuer()).build(),
            Set.of("exp"),
            null) {
          @Override
          protected Date currentTime() {
            return Date.from(Instant.ofEpochMilli(clock.wallNanos() / 1_000_000));
          }
        };
    verifier.setMaxClockSkew((int) spec.clockSkew().toSeconds());
    return verifier;
  }

  TokenOutcome check(SignedJWT token) {
    try {
      return owner(processor.process(token, null));
    } catch (ExpiredJWTException e) {
      return new Failed("The token has expired.", spec.issuer() + ": expired");
    } catch (BadJOSEException e) {
      return new Failed("The token is not valid.", spec.issuer() + ": " + e.getMessage());
    } catch (KeySourceException e) {
      return new Unavailable(String.valueOf(e.getMessage()));
    } catch (JOSEException e) {
      return new Failed("The token is not valid.", spec.issuer() + ": " + e.getMessage());
    }
  }

  private TokenOutcome owner(JWTClaimsSet claims) {
    var all = claims.getClaims();
    for (var owner : owners) {
      if (owner.rule.claims().entrySet().stream()
          .allMatch(wanted -> values(all, wanted.getKey()).contains(wanted.getValue()))) {
        var groups = groups(all);
        groups.addAll(owner.consumer.groups());
        return Known.of(new Consumer(owner.consumer.name(), groups, owner.consumer.models()));
      }
    }
    var claim = spec.consumerClaim();
    if (claim == null) {
      return new Nobody("no consumer has tokens like this one of " + spec.issuer());
    }
    var names = values(all, claim);
    if (names.size() != 1 || !isName(names.getFirst())) {
      return new Nobody("claim " + claim + " of " + spec.issuer() + " names nobody");
    }
    if (configured.contains(names.getFirst())) {
      return new Nobody(
          "claim " + claim + " of " + spec.issuer() + " names a consumer that is configured");
    }
    return Known.of(new Consumer(names.getFirst(), groups(all), ModelNames.ALL));
  }

  private Set<String> groups(Map<String, Object> claims) {
    var groups = new HashSet<String>();
    var claim = spec.groupsClaim();
    if (claim != null) {
      values(claims, claim).stream()
          .filter(TokenIssuer::isName)
          .limit(MAX_GROUPS)
          .forEach(groups::add);
    }
    return groups;
  }

  private static boolean isName(String text) {
    return !text.isBlank()
        && text.length() <= MAX_NAME
        && text.chars().noneMatch(c -> Character.isISOControl(c) || c == ',');
  }

  /** Returns the values of a claim as texts: one, those of a list, or none. */
  private static List<String> values(Map<String, Object> claims, String path) {
    var texts = new ArrayList<String>();
    var value = at(claims, path);
    if (value instanceof Collection<?> list) {
      list.forEach(item -> add(texts, item));
    } else {
      add(texts, value);
    }
    return texts;
  }

  private static void add(List<String> texts, @Nullable Object value) {
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      texts.add(value.toString());
    }
  }

  private static @Nullable Object at(Map<?, ?> claims, String path) {
    var whole = claims.get(path);
    int dot = path.indexOf('.');
    if (whole != null || dot < 0) {
      return whole;
    }
    return claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner
        ? at(inner, path.substring(dot + 1))
        : null;
  }
}
