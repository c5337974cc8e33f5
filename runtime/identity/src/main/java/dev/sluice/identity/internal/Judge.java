package dev.sluice.identity.internal;

import dev.sluice.identity.Access;
import dev.sluice.identity.Consumer;
import dev.sluice.identity.internal.Presented.Credential;
import dev.sluice.identity.internal.TokenOutcome.Failed;
import dev.sluice.identity.internal.TokenOutcome.Known;
import dev.sluice.identity.internal.TokenOutcome.Nobody;
import dev.sluice.identity.internal.TokenOutcome.Unavailable;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authenticator.Outcome.Refused;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.GatewayError.Party;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says what the credentials of a request amount to. A credential that nobody here knows may be
 * meant for the upstream, so it is only a reason to refuse where the route requires a caller. What
 * is said to the caller and in the log holds no credential.
 */
final class Judge {
  private static final String CHALLENGE = "Bearer realm=\"sluice\"";
  private static final GatewayError UNAVAILABLE =
      new GatewayError(
          503,
          "identity_unavailable",
          "The credential cannot be checked now.",
          "",
          true,
          Party.GATEWAY,
          null);

  private Judge() {}

  static Judgement of(
      List<Credential> presented, @Nullable TokenOutcome[] outcomes, Access access) {
    Known known = null;
    List<String> credentials = List.of();
    Nobody nobody = null;
    for (int i = 0; i < outcomes.length; i++) {
      switch (outcomes[i]) {
        case Unavailable(var detail) -> {
          return new Judgement(
              new Refused(UNAVAILABLE.withDetail(detail), Headers.of("retry-after", "10")),
              all(presented));
        }
        case Failed(var message, var detail) -> {
          return unauthenticated(presented, message, detail);
        }
        case Known other -> {
          if (known != null && !known.name().equals(other.name())) {
            return unauthenticated(
                presented,
                "The request carries credentials of several callers.",
                known.name() + " and " + other.name());
          }
          known = known == null ? other : known;
          credentials = with(credentials, presented.get(i).value());
        }
        case Nobody other -> nobody = other;
        case null, default -> {} // for somebody else
      }
    }
    if (presented.size() >= Presented.MOST
        || ((known != null || access.required()) && isDisputed(presented))) {
      return unauthenticated(
          presented,
          "The request carries several credentials in one place.",
          presented.size() + " credentials");
    }
    if (known == null) {
      return access.required() ? refused(presented, nobody) : Judgement.ANONYMOUS;
    }
    if (known.identified().identity() instanceof Consumer consumer && !access.admits(consumer)) {
      return forbidden(presented, "the route is not for " + consumer.name());
    }
    return new Judgement(known.identified(), credentials);
  }

  private static List<String> with(List<String> list, String one) {
    if (list.isEmpty()) {
      return List.of(one);
    }
    var all = new ArrayList<>(list);
    all.add(one);
    return all;
  }

  private static List<String> all(List<Credential> presented) {
    return presented.stream().map(Credential::value).distinct().toList();
  }

  private static Judgement refused(List<Credential> presented, @Nullable Nobody nobody) {
    if (nobody != null) {
      return forbidden(presented, nobody.detail());
    }
    if (!presented.isEmpty()) {
      return unauthenticated(presented, "The credential is not known.", "not known");
    }
    var error =
        GatewayError.UNAUTHENTICATED
            .withMessage("A credential is required.")
            .withDetail("no credential");
    return new Judgement(new Refused(error, Headers.of("www-authenticate", CHALLENGE)), List.of());
  }

  private static Judgement forbidden(List<Credential> presented, String detail) {
    var error =
        GatewayError.FORBIDDEN.withMessage("The caller may not use this.").withDetail(detail);
    return new Judgement(new Refused(error, new Headers(1)), all(presented));
  }

  /** Refuses as RFC 6750 section 3 says. */
  private static Judgement unauthenticated(
      List<Credential> presented, String message, String detail) {
    var challenge = CHALLENGE + ", error=\"invalid_token\", error_description=\"" + message + "\"";
    var error = GatewayError.UNAUTHENTICATED.withMessage(message).withDetail(detail);
    return new Judgement(
        new Refused(error, Headers.of("www-authenticate", challenge)), all(presented));
  }

  /** Returns whether one place holds two values: which one is meant, nobody can say. */
  private static boolean isDisputed(List<Credential> presented) {
    for (int i = 1; i < presented.size(); i++) {
      for (int k = 0; k < i; k++) {
        var one = presented.get(i);
        var other = presented.get(k);
        if (one.place().equals(other.place()) && !one.value().equals(other.value())) {
          return true;
        }
      }
    }
    return false;
  }
}
