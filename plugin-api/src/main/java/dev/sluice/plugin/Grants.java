package dev.sluice.plugin;

import java.util.Set;

/**
 * Lists what a plugin may use beyond log, time, patterns, metrics and its own exchange.
 *
 * @param http upstreams it may call by HTTP
 * @param grpc upstreams it may call by gRPC
 * @param redis upstreams it may speak RESP to
 * @param services granted services: {@code store}, {@code counters}, {@code vectors}, {@code
 *     embed}, {@code tokens}, {@code ai}
 */
public record Grants(Set<String> http, Set<String> grpc, Set<String> redis, Set<String> services) {
  /** Grants nothing. */
  public static final Grants NONE = new Grants(Set.of(), Set.of(), Set.of(), Set.of());

  /** Makes the sets unmodifiable. */
  public Grants {
    http = Set.copyOf(http);
    grpc = Set.copyOf(grpc);
    redis = Set.copyOf(redis);
    services = Set.copyOf(services);
  }

  /** Returns whether a capability of a manifest, such as {@code "counters"}, is granted. */
  public boolean allows(String capability) {
    return switch (capability) {
      case "log", "clock", "time", "patterns", "metrics" -> true;
      case "http" -> !http.isEmpty();
      case "grpc" -> !grpc.isEmpty();
      case "redis" -> !redis.isEmpty();
      default -> services.contains(capability);
    };
  }
}
