package dev.sluice.plugin.host;

/**
 * Gives a plugin its services. A service that the plugin was not granted, or that this gateway does
 * not have, throws {@link ServiceException} with NOT_GRANTED when asked for.
 */
public interface HostServices {
  /** Returns the log. */
  PluginLog log();

  /** Returns the metrics. */
  Metrics metrics();

  /** Returns the clock. */
  Clock clock();

  /** Returns pattern matching. */
  Patterns patterns();

  /** Returns HTTP callouts. */
  HttpCallouts http();

  /** Returns gRPC callouts. */
  GrpcCallouts grpc();

  /** Returns calls to upstreams that speak RESP. */
  default RedisCallouts redis() {
    throw new ServiceException(
        ServiceException.Reason.NOT_GRANTED, "redis: this gateway does not have it");
  }

  /** Returns the key-value store. */
  Store store();

  /** Returns the counters. */
  Counters counters();

  /** Returns the vectors. */
  Vectors vectors();

  /** Returns the embedder. */
  Embedder embed();

  /** Returns the token estimates. */
  Tokens tokens();
}
