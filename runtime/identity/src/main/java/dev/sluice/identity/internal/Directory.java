package dev.sluice.identity.internal;

import dev.sluice.identity.Access;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.Consumers;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.KeyHash;
import dev.sluice.identity.KeySets;
import dev.sluice.identity.internal.Presented.Credential;
import dev.sluice.identity.internal.TokenOutcome.Known;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authentication;
import dev.sluice.proxy.Authenticator.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Looks credentials up. Guarded by the benchmark {@code IdentityBench}. */
public final class Directory implements Consumers {
  private static final TokenOutcome FOREIGN = new TokenOutcome.Foreign();

  private final Map<KeyHash, Known> keys;
  private final Tokens tokens;
  private final boolean empty;

  private Directory(Map<KeyHash, Known> keys, Tokens tokens, boolean empty) {
    this.keys = keys;
    this.tokens = tokens;
    this.empty = empty;
  }

  /** Returns the directory of a configuration; see {@link Consumers#of}. */
  public static Directory of(
      List<ConsumerSpec> consumers, List<IssuerSpec> issuers, KeySets keySets) {
    if (!(keySets instanceof IssuerKeys issuerKeys)) {
      throw new IllegalArgumentException("keys: expected what KeySets.open returned");
    }
    Map<KeyHash, Known> keys = new HashMap<>();
    Map<String, IssuerSpec> specs = new HashMap<>();
    issuers.forEach(issuer -> specs.put(issuer.issuer(), issuer));
    for (var consumer : consumers) {
      var known =
          Known.of(
              new dev.sluice.identity.Consumer(
                  consumer.name(), consumer.groups(), consumer.models()));
      for (var key : consumer.keys()) {
        var other = keys.putIfAbsent(key, known);
        if (other != null) {
          throw new IllegalArgumentException(
              "consumers \""
                  + other.name()
                  + "\" and \""
                  + consumer.name()
                  + "\" have one key (expected: each key once)");
        }
      }
      for (var rule : consumer.tokens()) {
        specs.computeIfAbsent(rule.issuer(), IssuerSpec::of);
      }
    }
    Map<String, TokenIssuer> byIssuer = new HashMap<>();
    specs.forEach(
        (name, spec) ->
            byIssuer.put(
                name, new TokenIssuer(spec, consumers, issuerKeys.of(spec), issuerKeys.clock())));
    return new Directory(
        Map.copyOf(keys),
        new Tokens(byIssuer, issuerKeys.clock()),
        keys.isEmpty() && specs.isEmpty());
  }

  @Override
  public @Nullable Authentication authentication(Access access) {
    if (empty && !access.required()) {
      return null;
    }
    return new Authentication(
        (exchange, headers, later) -> {
          var judgement =
              identify(headers, access, known -> later.accept(() -> applied(known, headers)));
          return judgement == null ? null : applied(judgement, headers);
        },
        access.required());
  }

  private static Outcome applied(Judgement judgement, Headers headers) {
    judgement.strip(headers);
    return judgement.outcome();
  }

  /**
   * Finds out who calls, and whether they may. Reads the headers only inside the call.
   *
   * @param later is told the judgement, once, on any thread and possibly before this returns, when
   *     it is not known at once
   * @return the judgement, or null when {@code later} is told it
   */
  public @Nullable Judgement identify(Headers request, Access access, Consumer<Judgement> later) {
    var presented = Presented.in(request);
    int count = presented.size();
    @Nullable TokenOutcome[] outcomes = new @Nullable TokenOutcome[count];
    @Nullable KeyHash[] hashes = new @Nullable KeyHash[count];
    int open = 0;
    for (int i = 0; i < count; i++) {
      var value = presented.get(i).value();
      int same = earlier(presented, i);
      if (same >= 0) {
        outcomes[i] = FOREIGN; // has been looked at, or is being
        continue;
      }
      var hash = KeyHash.of(value);
      TokenOutcome outcome = keys.get(hash);
      if (outcome == null) {
        outcome = tokens.mayBe(value) ? tokens.known(hash) : FOREIGN;
      }
      outcomes[i] = outcome;
      if (outcome == null) {
        hashes[i] = hash;
        open++;
      }
    }
    if (open == 0) {
      return Judge.of(presented, outcomes, access);
    }
    var waiting = new AtomicInteger(open);
    for (int i = 0; i < count; i++) {
      var hash = hashes[i];
      if (hash != null) {
        int at = i;
        tokens.check(
            hash,
            presented.get(i).value(),
            outcome -> {
              outcomes[at] = outcome; // seen by whoever counts down last
              if (waiting.decrementAndGet() == 0) {
                later.accept(Judge.of(presented, outcomes, access));
              }
            });
      }
    }
    return null;
  }

  private static int earlier(List<Credential> presented, int index) {
    for (int i = 0; i < index; i++) {
      if (presented.get(i).value().equals(presented.get(index).value())) {
        return i;
      }
    }
    return -1;
  }
}
