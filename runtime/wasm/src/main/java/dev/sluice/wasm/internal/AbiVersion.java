package dev.sluice.wasm.internal;

import dev.sluice.plugin.FilterStatus;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Names a version of the proxy-wasm ABI, which a module declares by exporting a marker function.
 *
 * <p>{@link #V0_2_100} is Higress' extension of 0.2.1.
 */
public enum AbiVersion {
  V0_1_0("proxy_abi_version_0_1_0"),
  V0_2_0("proxy_abi_version_0_2_0"),
  V0_2_1("proxy_abi_version_0_2_1"),
  V0_2_100("proxy_abi_version_0_2_100");

  static final String MARKER_PREFIX = "proxy_abi_version_";

  private final String marker;

  AbiVersion(String marker) {
    this.marker = marker;
  }

  /** Returns the name of the export that declares this version. */
  public String marker() {
    return marker;
  }

  /** Returns the version that a module with these exported functions declares, or null. */
  public static @Nullable AbiVersion of(Collection<String> exports) {
    for (AbiVersion version : values()) {
      if (exports.contains(version.marker)) {
        return version;
      }
    }
    return null;
  }

  /**
   * Translates what a header callback returned. Upstream hosts turn StopIteration into "stop all
   * and watermark" (the guest's "pause" also holds the body callbacks back); Higress does not.
   *
   * @param asStated whether the guest asked to have StopIteration unconverted
   */
  FilterStatus headerStatus(int result, boolean asStated) {
    return switch (result) {
      case 0 -> FilterStatus.CONTINUE;
      case 1 ->
          this == V0_2_100 || asStated
              ? FilterStatus.STOP_ITERATION
              : FilterStatus.STOP_ITERATION_AND_WATERMARK;
      case 2 -> FilterStatus.CONTINUE_AND_END_STREAM;
      case 3 -> FilterStatus.STOP_ITERATION_AND_BUFFER;
      default -> FilterStatus.STOP_ITERATION_AND_WATERMARK;
    };
  }

  /** Translates what a body callback returned. */
  static FilterStatus bodyStatus(int result) {
    return switch (result) {
      case 0 -> FilterStatus.CONTINUE;
      case 1 -> FilterStatus.STOP_ITERATION_AND_BUFFER;
      case 2 -> FilterStatus.STOP_ITERATION_AND_WATERMARK;
      default -> FilterStatus.STOP_ITERATION_NO_BUFFER;
    };
  }

  /** Translates what a trailer callback returned. */
  static FilterStatus trailerStatus(int result) {
    return result == 0 ? FilterStatus.CONTINUE : FilterStatus.STOP_ITERATION;
  }

  /** Returns whether a header that is not there reads as empty instead of NotFound. */
  boolean missingHeaderIsEmpty() {
    return this == V0_1_0;
  }
}
