package dev.sluice.plugin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the attributes of an exchange or connection by path, such as {@code ["request",
 * "path"]} (proxy-wasm specification v0.2.1, "well-known properties", and Envoy's attributes).
 *
 * <p>Values are in the proxy-wasm serialization: strings raw, integers as 8 bytes little-endian,
 * booleans as one byte, durations and timestamps as int64 nanoseconds, maps as header pairs. What a
 * plugin sets under an unknown path is kept for the stream and seen by the following plugins.
 */
public interface Properties {
  /** Returns the value at the path, or null when there is none. */
  byte @Nullable [] get(List<String> path);

  /**
   * Sets the value at the path.
   *
   * @return false when the path is read-only
   * @throws PluginException with kind LIMIT when the exchange already holds too many bytes
   */
  boolean set(List<String> path, byte[] value);
}
