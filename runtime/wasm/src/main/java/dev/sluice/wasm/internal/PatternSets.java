package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Patterns;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds the pattern sets that a VM compiled and its scans over streams (plugin-sdk/ABI.md,
 * "Patterns"). Belongs to the VM's thread.
 */
final class PatternSets {
  static final int MAX_SETS = 64;
  static final int MAX_STREAMS = 512;

  /** Is an open scan with the context that it belongs to. */
  static final class Stream {
    private final GuestContext owner;
    private final Patterns.StreamScan scan;
    private boolean ended;

    Stream(GuestContext owner, Patterns.StreamScan scan) {
      this.owner = owner;
      this.scan = scan;
    }

    Patterns.StreamScan scan() {
      return scan;
    }

    /** Notes that the text has ended and returns whether it had before. */
    boolean endedBefore(boolean last) {
      boolean before = ended;
      ended |= last;
      return before;
    }
  }

  private final Map<Integer, Patterns.PatternSet> sets = new HashMap<>();
  private final Map<Integer, Stream> streams = new HashMap<>();
  private final Map<GuestContext, Integer> open = new HashMap<>();
  private int lastSet;
  private int lastStream;

  int add(Patterns.PatternSet set) {
    if (sets.size() >= MAX_SETS) {
      throw new ForeignCalls.LimitReached(
          "the VM has " + sets.size() + " pattern sets (expected: at most " + MAX_SETS + ")");
    }
    sets.put(++lastSet, set);
    return lastSet;
  }

  Patterns.PatternSet get(int id) {
    var set = sets.get(id);
    if (set == null) {
      throw new WireReader.Malformed("no pattern set " + Integer.toUnsignedString(id));
    }
    return set;
  }

  void free(int id) {
    get(id);
    sets.remove(id);
  }

  int open(GuestContext owner, int set) {
    int count = open.getOrDefault(owner, 0);
    if (count >= MAX_STREAMS) {
      throw new ForeignCalls.LimitReached(
          "the context has " + count + " open scans (expected: at most " + MAX_STREAMS + ")");
    }
    var scan = get(set).open();
    open.put(owner, count + 1);
    do {
      lastStream = lastStream == Integer.MAX_VALUE ? 1 : lastStream + 1;
    } while (streams.containsKey(lastStream));
    streams.put(lastStream, new Stream(owner, scan));
    return lastStream;
  }

  Stream stream(int id) {
    var stream = streams.get(id);
    if (stream == null) {
      throw new WireReader.Malformed("no open scan " + Integer.toUnsignedString(id));
    }
    return stream;
  }

  void close(int id) {
    var owner = stream(id).owner;
    streams.remove(id);
    open.computeIfPresent(owner, (context, count) -> lessOne(count));
  }

  private static @Nullable Integer lessOne(int count) {
    return count == 1 ? null : count - 1;
  }

  /** Closes the scans of a context that is deleted. */
  void closeStreams(GuestContext owner) {
    if (!open.isEmpty() && open.remove(owner) != null) {
      streams.values().removeIf(stream -> stream.owner == owner);
    }
  }
}
