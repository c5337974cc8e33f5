package dev.sluice.control;

import dev.sluice.control.internal.ConfigLoader;
import dev.sluice.proxy.SnapshotSpec;
import java.nio.file.Path;

/**
 * Makes what a proxy serves of a configuration, its plugins fetched and checked as a gateway does,
 * for those who drive a proxy without a gateway around it. Blocks; thread-safe.
 */
public final class SnapshotReader {
  private SnapshotReader() {}

  /**
   * Reads a configuration and gets its plugins.
   *
   * @param file what errors call it
   * @param base relative paths start here
   * @param artifacts a folder that keeps what was fetched
   * @throws ConfigException with everything that is wrong with the configuration, or with a plugin
   *     under its entry: an artifact that cannot be had, a configuration that its schema refuses, a
   *     capability that was not granted
   */
  public static SnapshotSpec read(String text, String file, Path base, Path artifacts) {
    return ConfigLoader.snapshot(text, file, base, artifacts);
  }
}
