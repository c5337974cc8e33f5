package dev.sluice.identity;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Describes a consumer: someone who calls.
 *
 * @param name unique among consumers
 * @param keys hashes of its API keys
 * @param tokens which JSON web tokens are its own; any of them
 * @param groups what it belongs to, beside what its token says
 * @param models what it may use
 */
public record ConsumerSpec(
    String name,
    List<KeyHash> keys,
    List<TokenRule> tokens,
    Set<String> groups,
    ModelNames models) {
  /** Copies the lists. */
  public ConsumerSpec {
    keys = List.copyOf(keys);
    tokens = List.copyOf(tokens);
    groups = Set.copyOf(groups);
  }

  /**
   * Says which tokens are a consumer's.
   *
   * @param issuer who issued them ({@code iss})
   * @param claims what each claim must be, or have among its values; a name with dots leads into
   *     objects where no claim has that name
   */
  public record TokenRule(String issuer, Map<String, String> claims) {
    /** Copies the map. */
    public TokenRule {
      claims = Map.copyOf(claims);
    }
  }
}
