package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.IdentitySettings;
import dev.sluice.identity.Access;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.ConsumerSpec.TokenRule;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.KeyHash;
import dev.sluice.identity.ModelNames;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decodes who may call: {@code consumers}, {@code issuers} and {@code auth} of routes. */
final class IdentityDecoder {
  private static final Duration MAX_SKEW = Duration.ofMinutes(10);

  private final Path base;
  private final Map<KeyHash, String> owners = new HashMap<>();
  private final Set<String> issuers = new HashSet<>();
  private final Set<String> consumers = new HashSet<>();
  private boolean open;

  /**
   * @param base relative paths start here
   */
  IdentityDecoder(Path base) {
    this.base = base;
  }

  /** Decodes who there is; before the routes. */
  IdentitySettings decode(Section root) {
    var issuing = new ArrayList<IssuerSpec>();
    for (var section : root.mappings("issuers")) {
      var issuer = issuer(section);
      if (!issuers.add(issuer.issuer())) {
        section.report("issuer", "stands twice (expected: each once)");
      }
      open |= issuer.consumerClaim() != null;
      issuing.add(issuer);
    }
    var calling = root.mappings("consumers").stream().map(this::consumer).toList();
    return new IdentitySettings(calling, issuing);
  }

  private IssuerSpec issuer(Section section) {
    var name = section.text("issuer", "");
    boolean plain = section.flag("plainHttp");
    var jwksUri = section.has("jwksUri") ? section.text("jwksUri", "") : null;
    if (jwksUri == null) {
      requireUrl(section, "issuer", name, plain);
    } else {
      requireUrl(section, "jwksUri", jwksUri, plain);
    }
    var ca = section.has("ca") ? base.resolve(section.text("ca", "")) : null;
    if (ca != null && !Files.isReadable(ca)) {
      section.report("ca", "there is no file " + ca + " that can be read");
    }
    var skew = section.duration("clockSkew", IssuerSpec.CLOCK_SKEW);
    if (skew.compareTo(MAX_SKEW) > 0) {
      section.report("clockSkew", "is out of range (expected: 0s..10m)");
    }
    var algorithms = Set.copyOf(section.texts("algorithms"));
    return new IssuerSpec(
        name,
        jwksUri == null ? null : uri(jwksUri),
        Set.copyOf(section.texts("audiences")),
        algorithms.isEmpty() ? Set.copyOf(IssuerSpec.ALGORITHMS) : algorithms,
        skew,
        section.text("groupsClaim", "groups"),
        section.textOrNull("consumerClaim"),
        ca);
  }

  private static @Nullable URI uri(String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      return null; // has been reported
    }
  }

  /** Who can change what an issuer answers can be anybody, so the way to it has to be safe. */
  private static void requireUrl(Section section, String field, String text, boolean plain) {
    var uri = uri(text);
    if (uri == null || uri.getHost() == null || uri.getRawUserInfo() != null) {
      section.report(
          field,
          field.equals("issuer")
              ? "is no url without a login (expected: https://host…, or jwksUri beside it)"
              : "is no url without a login (expected: https://host…)");
      return;
    }
    boolean near = List.of("localhost", "127.0.0.1", "[::1]").contains(uri.getHost());
    if (!"https".equals(uri.getScheme()) && !("http".equals(uri.getScheme()) && (near || plain))) {
      section.report(
          field, "is not safe (expected: https://…, or plainHttp: true for a way that is)");
    }
  }

  private ConsumerSpec consumer(Section section) {
    var name = section.text("name", "");
    consumers.add(name);
    var keys = new ArrayList<KeyHash>();
    for (var item : section.list("keys")) {
      var key = key(item);
      if (key == null) {
        continue;
      }
      var other = owners.putIfAbsent(key, name);
      if (other != null) {
        item.report("is a key of consumer \"" + other + "\" (expected: each key once)");
      }
      keys.add(key);
    }
    var tokens = tokens(section);
    if (keys.isEmpty() && tokens.isEmpty() && !section.has("keys")) {
      section.report("has neither keys nor jwt (expected: what its requests carry)");
    }
    return new ConsumerSpec(
        name, keys, tokens, Set.copyOf(section.texts("groups")), models(section));
  }

  private static @Nullable KeyHash key(Section item) {
    var text = item.asText();
    try {
      return text.isEmpty() ? null : KeyHash.configured(text);
    } catch (IllegalArgumentException e) {
      item.report(String.valueOf(e.getMessage()));
      return null;
    }
  }

  private List<TokenRule> tokens(Section consumer) {
    var jwt = consumer.section("jwt");
    var sections =
        jwt.value().isArray()
            ? consumer.mappings("jwt")
            : jwt.value().isObject() ? List.of(jwt) : List.<Section>of();
    var rules = new ArrayList<TokenRule>();
    for (var section : sections) {
      var issuer = section.text("issuer", "");
      if (!issuers.contains(issuer)) {
        requireUrl(section, "issuer", issuer, false);
      }
      Map<String, String> claims = new LinkedHashMap<>();
      var wanted = section.section("claim");
      for (var name : wanted.value().propertyNames()) {
        claims.put(name, wanted.text(name, ""));
      }
      rules.add(new TokenRule(issuer, claims));
    }
    return rules;
  }

  private static ModelNames models(Section consumer) {
    try {
      return ModelNames.of(consumer.texts("models"));
    } catch (IllegalArgumentException e) {
      consumer.report("models", String.valueOf(e.getMessage()));
      return ModelNames.ALL;
    }
  }

  /** Decodes {@code auth} of a route. */
  Access access(Section route) {
    if (!route.has("auth")) {
      return Access.OPEN;
    }
    var auth = route.section("auth");
    boolean required = !auth.has("required") || auth.flag("required");
    var access =
        new Access(required, Set.copyOf(auth.texts("consumers")), Set.copyOf(auth.texts("groups")));
    if (required && consumers.isEmpty() && issuers.isEmpty()) {
      auth.report("there are no consumers and no issuers (expected: someone who may call)");
    }
    if (!required && !(access.consumers().isEmpty() && access.groups().isEmpty())) {
      auth.report("required", "others could not be told apart (expected: true)");
    }
    for (var item : auth.list("consumers")) {
      if (!open && !consumers.contains(item.asText())) {
        item.report("there is no such consumer");
      }
    }
    return access;
  }
}
