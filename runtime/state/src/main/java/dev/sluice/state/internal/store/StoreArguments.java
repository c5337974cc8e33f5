package dev.sluice.state.internal.store;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Checks what callers pass, the same for every place that values are kept in. */
final class StoreArguments {
  /** Counts for an entry beside its key and value. */
  static final long OVERHEAD = 128;

  private static final int MAX_KEY = 1024;
  private static final Duration MAX_TIME = Duration.ofDays(36_500);

  private StoreArguments() {}

  /** Returns the key in UTF-8. */
  static byte[] key(String key) {
    var bytes = key.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 1 || bytes.length > MAX_KEY) {
      throw refused("a key of " + bytes.length + " bytes (expected: 1.." + MAX_KEY + ")");
    }
    return bytes;
  }

  /** Returns how many bytes an entry counts for. */
  static long size(byte[] key, byte[] value, long maxBytes) {
    long size = key.length + value.length + OVERHEAD;
    if (size > maxBytes) {
      throw new ServiceException(
          Reason.LIMIT,
          "store: a value of "
              + value.length
              + " bytes, with its key "
              + size
              + " (expected: at most "
              + maxBytes
              + ", limits.storeBytes)");
    }
    return size;
  }

  /** Returns milliseconds; 0 for none. */
  static long millis(String what, @Nullable Duration time) {
    if (time == null) {
      return 0;
    }
    if (time.toMillis() < 1 || time.compareTo(MAX_TIME) > 0) {
      throw refused(what + ": " + time + " (expected: 1 ms to 100 years)");
    }
    return time.toMillis();
  }

  static ServiceException mismatch(String key, long expected, long found) {
    return new ServiceException(
        Reason.CAS_MISMATCH,
        "store: key \"" + key + "\" has version " + found + " (expected: " + expected + ")");
  }

  private static ServiceException refused(String message) {
    return new ServiceException(Reason.BAD_ARGUMENT, "store: " + message);
  }
}
