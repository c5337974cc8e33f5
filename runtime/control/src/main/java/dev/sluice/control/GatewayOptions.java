package dev.sluice.control;

import java.nio.file.Path;

/**
 * Says how to start a gateway.
 *
 * @param configFile the configuration, watched for changes
 * @param cache where artifacts and compiled plugins are kept (mode 0700)
 */
public record GatewayOptions(Path configFile, Path cache) {
  private static final long CACHE_BYTES = 10L << 30;

  /** Returns the bytes that the artifact cache may hold: 10 GiB. */
  public long cacheBytes() {
    return CACHE_BYTES;
  }
}
