package dev.sluice.providers.internal;

import dev.sluice.plugin.host.Clock;
import dev.sluice.providers.ProviderKey;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.providers.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Is a provider of one configuration, with the state of its keys. Thread-safe. */
final class LiveProvider {
  /** Not every 402 or 403 is the key's fault: some models are not for everybody. */
  private static final int REFUSALS = 3;

  final ProviderSpec spec;
  final ProviderApi api;
  final String upstream;
  final String authority;
  final ProviderKey[] keys;
  final KeyState[] states;
  final Breaker.Policy keyPolicy;
  final Breaker.Policy healthPolicy;
  private final KeyId[] ids;

  /** Tells keys apart. */
  private record KeyId(String provider, String baseUrl, String digest) {}

  private record CoolingId(KeyId key, String model) {}

  private record TargetId(String provider, String baseUrl, String model) {}

  LiveProvider(ProviderSpec spec, StateShelf shelf, Clock clock) {
    this.spec = spec;
    upstream = spec.upstreamName();
    authority = spec.authority();
    api =
        switch (spec.format()) {
          case OPENAI -> PlainApi.openAi(spec);
          case AZURE -> new AzureApi(spec);
          case ANTHROPIC -> PlainApi.anthropic(spec);
          case GEMINI -> PlainApi.gemini(spec);
          case BEDROCK -> new BedrockApi(spec, clock);
        };
    keys = spec.keys().toArray(ProviderKey[]::new);
    states = new KeyState[keys.length];
    ids = new KeyId[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ids[i] = new KeyId(spec.name(), spec.baseUrl().toString(), digest(keys[i].secret()));
      states[i] = shelf.get(ids[i], KeyState.class, KeyState::new);
    }
    var policy = spec.keyPolicy();
    keyPolicy = new Breaker.Policy(REFUSALS, policy.rejected(), policy.maxRejected());
    var health = spec.health();
    healthPolicy =
        new Breaker.Policy(
            health.consecutiveErrors(), health.ejectionTime(), health.maxEjectionTime());
  }

  TargetState target(String model, StateShelf shelf) {
    var id = new TargetId(spec.name(), spec.baseUrl().toString(), model);
    return shelf.get(id, TargetState.class, TargetState::new);
  }

  Cooling[] cooling(String model, StateShelf shelf) {
    var cooling = new Cooling[keys.length];
    for (int i = 0; i < keys.length; i++) {
      cooling[i] = shelf.get(new CoolingId(ids[i], model), Cooling.class, Cooling::new);
    }
    return cooling;
  }

  /** The secret itself is kept in one place only. */
  private static String digest(Secret secret) {
    var text =
        switch (secret) {
          case Secret.ApiKey key -> key.value();
          case Secret.AwsKeys aws ->
              aws.accessKeyId() + "\n" + aws.secretAccessKey() + "\n" + aws.sessionToken();
        };
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
