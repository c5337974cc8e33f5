package dev.sluice.control;

import java.nio.file.Path;

/**
 * Says how to start a gateway.
 *
 * @param configFile the configuration, watched for changes
 * @param cache where artifacts and compiled plugins are kept (mode 0700)
 * @param state where sums of usage are kept that have no place in the configuration; made when
 *     there is something to keep
 */
public record GatewayOptions(Path configFile, Path cache, Path state) {
  private static final long CACHE_BYTES = 10L << 30;

  /** Keeps all in one folder. */
  public GatewayOptions(Path configFile, Path cache) {
    this(configFile, cache, cache.resolve("state"));
  }

  /** Returns the bytes that the artifact cache may hold: 10 GiB. */
  public long cacheBytes() {
    return CACHE_BYTES;
  }
}
