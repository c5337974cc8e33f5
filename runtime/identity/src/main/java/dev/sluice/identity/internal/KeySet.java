package dev.sluice.identity.internal;

import com.nimbusds.jose.RemoteKeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import dev.sluice.plugin.host.Clock;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the public keys of one issuer (RFC 7517) and asks for them again: before they are old, and
 * when a token names a key that is not among them, but not more often than {@link #PAUSE}, so that
 * made-up key ids do not turn into a load on the issuer. While the issuer does not answer, the keys
 * that were had from it serve on for {@link #STALE}. Thread-safe; blocks, so it is not for a loop.
 */
public final class KeySet implements JWKSource<SecurityContext> {
  /** When keys are asked for again, while they serve on. */
  public static final Duration FRESH = Duration.ofMinutes(10);

  /** How long an issuer is not asked after it was. */
  public static final Duration PAUSE = Duration.ofSeconds(10);

  /** When keys are no longer believed. */
  public static final Duration STALE = Duration.ofHours(24);

  private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);

  /** Gets the keys of an issuer. Blocks. */
  @FunctionalInterface
  public interface Source {
    /**
     * Returns the keys as the issuer has them now.
     *
     * @throws IOException saying what was asked and what came
     */
    JWKSet fetch() throws IOException;
  }

  private record Fetched(JWKSet keys, long nanos) {}

  private final String issuer;
  private final Source source;
  private final Clock clock;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile @Nullable Fetched fetched;
  private volatile String failure = "";
  private boolean asked;
  private long askedNanos;

  /** Creates an empty set, which asks when it is first needed. */
  public KeySet(String issuer, Source source, Clock clock) {
    this.issuer = issuer;
    this.source = source;
    this.clock = clock;
  }

  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws RemoteKeySourceException {
    var known = fetched;
    if (known != null && age(known) < STALE.toNanos()) {
      var found = selector.select(known.keys);
      if (!found.isEmpty()) {
        if (age(known) >= FRESH.toNanos() && !asking.isLocked()) {
          Thread.ofVirtual().name("sluice-jwks").start(() -> refresh(known));
        }
        return found;
      }
    }
    refresh(known);
    var now = fetched;
    if (now == null || age(now) >= STALE.toNanos()) {
      throw new RemoteKeySourceException("the keys of " + issuer + ": " + failure, null);
    }
    return selector.select(now.keys);
  }

  private long age(Fetched keys) {
    return clock.monotonicNanos() - keys.nanos;
  }

  /** Asks the issuer, unless someone else just did or it was asked a moment ago. */
  private void refresh(@Nullable Fetched seen) {
    asking.lock();
    try {
      long now = clock.monotonicNanos();
      if (!Objects.equals(fetched, seen) || (asked && now - askedNanos < PAUSE.toNanos())) {
        return;
      }
      asked = true;
      askedNanos = now;
      fetched = new Fetched(source.fetch(), now);
      LOG.debug("the keys of {} were fetched", issuer);
    } catch (IOException e) {
      failure = String.valueOf(e.getMessage());
      LOG.warn("the keys of {} cannot be had: {}", issuer, failure);
    } finally {
      asking.unlock();
    }
  }
}
