package dev.sluice.ai.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects replacements of ranges of bytes, and makes them; what lies between stays as it is. */
final class Splices {
  private record Splice(int start, int end, byte[] bytes) {}

  private final List<Splice> splices = new ArrayList<>();

  /** Replaces a range, which overlaps no other; insertions at one place keep their order. */
  Splices replace(int start, int end, byte[] bytes) {
    splices.add(new Splice(start, end, bytes));
    return this;
  }

  boolean isEmpty() {
    return splices.isEmpty();
  }

  byte[] apply(byte[] source, int from, int to) {
    var out = new Bytes(to - from + 64 * splices.size());
    apply(source, from, to, out);
    return out.toByteArray();
  }

  void apply(byte[] source, int from, int to, Bytes out) {
    splices.sort(Comparator.comparingInt(Splice::start));
    int at = from;
    for (Splice splice : splices) {
      out.put(source, at, splice.start - at);
      out.put(splice.bytes);
      at = splice.end;
    }
    out.put(source, at, to - at);
  }
}
