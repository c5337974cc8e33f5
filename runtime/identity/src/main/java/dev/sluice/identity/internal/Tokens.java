package dev.sluice.identity.internal;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.identity.KeyHash;
import dev.sluice.identity.internal.TokenOutcome.Failed;
import dev.sluice.identity.internal.TokenOutcome.Foreign;
import dev.sluice.identity.internal.TokenOutcome.Unavailable;
import dev.sluice.plugin.host.Clock;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks JSON web tokens beside the loops, since a signature takes up to a millisecond and a key
 * may have to be fetched. What was found out of a token holds for {@link #KEPT}, by the token's
 * hash; failures are not kept, for the next try may find a new key. Thread-safe.
 */
final class Tokens {
  /** How long a token that was checked is not checked again, and no longer than it is valid. */
  static final Duration KEPT = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);
  private static final int CACHE = 10_000;
  private static final int MAX_CHECKS = 512;

  private final Map<String, TokenIssuer> issuers;
  private final Clock clock;
  private final Cache<KeyHash, Kept> cache =
      Caffeine.newBuilder().maximumSize(CACHE).executor(Runnable::run).build();
  private final Semaphore checks = new Semaphore(MAX_CHECKS);

  /**
   * @param untilNanos on the wall clock
   */
  private record Kept(TokenOutcome outcome, long untilNanos) {}

  Tokens(Map<String, TokenIssuer> issuers, Clock clock) {
    this.issuers = Map.copyOf(issuers);
    this.clock = clock;
  }

  /** Returns whether a credential has the form of a token and there is anyone who issues some. */
  boolean mayBe(String credential) {
    if (issuers.isEmpty() || !credential.startsWith("eyJ")) {
      return false;
    }
    int first = credential.indexOf('.');
    int second = credential.indexOf('.', first + 1);
    return first > 0 && second > first && credential.indexOf('.', second + 1) < 0;
  }

  /** Returns what is known of a token already, or null. */
  @Nullable TokenOutcome known(KeyHash hash) {
    var kept = cache.getIfPresent(hash);
    return kept == null || clock.wallNanos() >= kept.untilNanos ? null : kept.outcome;
  }

  /** Checks a token and tells the outcome on another thread. */
  void check(KeyHash hash, String token, Consumer<TokenOutcome> then) {
    if (!checks.tryAcquire()) {
      then.accept(new Unavailable("more than " + MAX_CHECKS + " tokens wait to be checked"));
      return;
    }
    Thread.ofVirtual()
        .name("sluice-token")
        .start(
            () -> {
              TokenOutcome outcome;
              try {
                outcome = check(hash, token);
              } catch (RuntimeException e) {
                LOG.error("a token could not be checked", e);
                outcome = new Unavailable("a token could not be checked: " + e);
              } finally {
                checks.release();
              }
              then.accept(outcome);
            });
  }

  private TokenOutcome check(KeyHash hash, String token) {
    try {
      var signed = SignedJWT.parse(token);
      var claims = signed.getJWTClaimsSet();
      var issuer = claims == null ? null : claims.getIssuer();
      var known = issuer == null ? null : issuers.get(issuer);
      if (known == null) {
        return keep(hash, new Foreign(), Long.MAX_VALUE);
      }
      var outcome = known.check(signed);
      if (outcome instanceof Failed || outcome instanceof Unavailable) {
        return outcome;
      }
      return keep(
          hash, outcome, claims.getExpirationTime().toInstant().toEpochMilli() * 1_000_000L);
    } catch (ParseException e) {
      return new Failed("The token is not valid.", "no signed token: " + reason(e));
    }
  }

  /** The message of a parser may repeat what it could not read. */
  private static String reason(ParseException e) {
    return e.getClass().getSimpleName() + " at " + e.getErrorOffset();
  }

  private TokenOutcome keep(KeyHash hash, TokenOutcome outcome, long expiresNanos) {
    long until = Math.min(clock.wallNanos() + KEPT.toNanos(), expiresNanos);
    cache.put(hash, new Kept(outcome, until));
    return outcome;
  }
}
