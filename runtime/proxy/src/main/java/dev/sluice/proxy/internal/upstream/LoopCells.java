package dev.sluice.proxy.internal.upstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts per loop without contention: each loop writes cells on cache lines of its own, anyone sums
 * them up. Sums are exact once the loops are quiet.
 */
public final class LoopCells {
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  /** Longs of two cache lines: neighbours are prefetched in pairs. */
  private static final int LINE = 16;

  private final long[] cells;
  private final int stride;
  private final int loops;

  /** Creates cells for {@code kinds} counts on each of {@code loops} loops. */
  public LoopCells(int loops, int kinds) {
    this.loops = loops;
    stride = (kinds + LINE - 1) / LINE * LINE;
    cells = new long[stride * loops];
  }

  /** Adds to a count; called on its loop only. */
  public void add(int loop, int kind, long delta) {
    int at = loop * stride + kind;
    CELL.setOpaque(cells, at, (long) CELL.getOpaque(cells, at) + delta);
  }

  /** Returns the count of one loop. */
  public long get(int loop, int kind) {
    return (long) CELL.getOpaque(cells, loop * stride + kind);
  }

  /** Returns the count over all loops. */
  public long sum(int kind) {
    long sum = 0;
    for (int loop = 0; loop < loops; loop++) {
      sum += (long) CELL.getOpaque(cells, loop * stride + kind);
    }
    return sum;
  }
}
