package dev.sluice.wasm.internal;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the shared data of plugins ({@code proxy_set_shared_data}) by {@code vmConfig.vmId}.
 *
 * <p>It outlives the VMs, so that neither a swap nor a crash loses it; of the ids that no VM uses
 * any more, the last {@value #MAX_IDLE} are kept. Thread-safe.
 */
final class SharedData {
  static final int MAX_IDLE = 64;

  /** Bytes that each entry counts beyond its key and value. */
  private static final int OVERHEAD = 64;

  /** Is a value with its version, which is never 0. */
  record Value(byte[] bytes, int cas) {}

  private static final class Space {
    final Map<Bytes, Value> values = new HashMap<>();
    long bytes;
    int vms;
    int lastCas;
  }

  private final Map<String, Space> spaces = new LinkedHashMap<>();

  /** Counts a VM that uses an id. */
  synchronized void retain(String vmId) {
    spaces.computeIfAbsent(vmId, id -> new Space()).vms++;
  }

  /** Counts a VM out. */
  synchronized void release(String vmId) {
    Space space = spaces.remove(vmId);
    if (space == null) {
      return;
    }
    space.vms--;
    spaces.put(vmId, space); // at the end: the ids released first go first
    long idle = spaces.values().stream().filter(s -> s.vms <= 0).count();
    var all = spaces.values().iterator();
    while (idle > MAX_IDLE && all.hasNext()) {
      if (all.next().vms <= 0) {
        all.remove();
        idle--;
      }
    }
  }

  /** Returns a value, or null. */
  synchronized @Nullable Value get(String vmId, Bytes key) {
    Space space = spaces.get(vmId);
    return space == null ? null : space.values.get(key);
  }

  /**
   * Sets a value, if {@code cas} is 0, is the version of the present one, or there is none.
   *
   * @return a status of the ABI
   */
  synchronized int set(String vmId, Bytes key, byte[] value, int cas, long limit) {
    Space space = spaces.computeIfAbsent(vmId, id -> new Space());
    Value old = space.values.get(key);
    if (old != null && cas != 0 && cas != old.cas()) {
      return AbiStatus.CAS_MISMATCH;
    }
    long added =
        old == null
            ? (long) key.array().length + value.length + OVERHEAD
            : (long) value.length - old.bytes().length;
    if (space.bytes + added > limit) {
      return AbiStatus.INTERNAL_FAILURE;
    }
    space.bytes += added;
    space.lastCas = space.lastCas == -1 ? 1 : space.lastCas + 1;
    space.values.put(key, new Value(value, space.lastCas));
    return AbiStatus.OK;
  }
}
