package dev.sluice.plugin;

/**
 * Gives access to the bytes that a filter currently sees in one direction.
 *
 * <p>Used on the event loop of the exchange only, and only inside a body callback or while the
 * filter holds bytes back. Offsets and lengths are in bytes.
 */
public interface Body {
  /** Returns the number of bytes. */
  int length();

  /**
   * Copies {@code length} bytes that start at {@code offset} into {@code target}.
   *
   * @throws IndexOutOfBoundsException when either range is outside its array
   */
  void copyTo(int offset, byte[] target, int targetOffset, int length);

  /**
   * Replaces {@code length} bytes that start at {@code offset} by {@code replacement}. The range is
   * clamped to what is there, so that offset 0 with length 0 prepends and an offset at or beyond
   * the end appends (proxy-wasm ABI, {@code proxy_set_buffer_bytes}).
   *
   * @throws IllegalArgumentException when an argument is negative
   * @throws PluginException with {@link PluginException.Kind#LIMIT} when the body would pass the
   *     plugin's body buffer limit
   */
  void replace(int offset, int length, byte[] replacement);

  /** Returns a copy of all bytes. */
  default byte[] toByteArray() {
    var bytes = new byte[length()];
    copyTo(0, bytes, 0, bytes.length);
    return bytes;
  }

  /** Replaces everything. */
  default void set(byte[] replacement) {
    replace(0, length(), replacement);
  }

  /** Adds bytes at the end. */
  default void append(byte[] bytes) {
    replace(length(), 0, bytes);
  }
}
