package dev.sluice.proxy.internal.exchange;

import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.internal.upstream.Upstream;
import dev.sluice.proxy.route.RouteTable;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Is a snapshot as it runs. Immutable but for the count of its exchanges. */
public final class LiveSnapshot implements Snapshot {
  /** Where a snapshot stands. */
  private enum Stage {
    PREPARED,
    SERVING,
    OVER
  }

  /** What a snapshot has, and what it gives back. */
  public interface Holdings {
    /** The snapshot takes no new exchanges: its plugins may go when theirs have ended. */
    void retired();

    /** Its last exchange has ended: its upstreams may go. */
    void ended();
  }

  private final long id;
  private final SnapshotSpec spec;
  private final List<LiveRoute> routes;
  private final RouteTable<LiveRoute> table;
  private final Map<String, Upstream> upstreams;
  private volatile Map<String, LiveTcp> tcp = Map.of();
  private volatile Map<String, CanarySplit> canaries = Map.of();
  private final Holdings holdings;
  private final List<EventLoop> loops;
  private final LoopCells exchanges;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.PREPARED);
  private final AtomicInteger loopsLeft;
  private final boolean[] loopDone;
  private volatile boolean retired;

  /** Creates a snapshot that does not serve yet. */
  public LiveSnapshot(
      long id,
      SnapshotSpec spec,
      List<LiveRoute> routes,
      Map<String, Upstream> upstreams,
      List<EventLoop> loops,
      Holdings holdings) {
    this.id = id;
    this.spec = spec;
    this.routes = List.copyOf(routes);
    this.upstreams = Map.copyOf(upstreams);
    this.loops = loops;
    this.holdings = holdings;
    table = RouteTable.of(this.routes, LiveRoute::route);
    exchanges = new LoopCells(loops.size(), 1);
    loopsLeft = new AtomicInteger(loops.size());
    loopDone = new boolean[loops.size()];
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public SnapshotSpec spec() {
    return spec;
  }

  /** Returns the routes in the order of the configuration. */
  public List<LiveRoute> routes() {
    return routes;
  }

  /** Sets its TCP listeners; before it serves. */
  public void setTcp(Map<String, LiveTcp> byListener) {
    tcp = Map.copyOf(byListener);
  }

  /** Sets which plugins are new versions that get a share, by name; before it serves. */
  public void setCanaries(Map<String, CanarySplit> byPlugin) {
    canaries = Map.copyOf(byPlugin);
  }

  /** Returns how it shares out exchanges between two versions of a plugin, by the plugin's name. */
  public Map<String, CanarySplit> canaries() {
    return canaries;
  }

  /** Returns a TCP listener by its name, or null. */
  public @Nullable LiveTcp tcp(String listener) {
    return tcp.get(listener);
  }

  /** Returns the upstreams by name. */
  public Map<String, Upstream> upstreams() {
    return upstreams;
  }

  RouteTable<LiveRoute> table() {
    return table;
  }

  /** Puts it in force; false when it was discarded or served before. */
  public boolean serve() {
    return stage.compareAndSet(Stage.PREPARED, Stage.SERVING);
  }

  @Override
  public void discard() {
    if (stage.compareAndSet(Stage.PREPARED, Stage.OVER)) {
      holdings.retired();
      holdings.ended();
    }
  }

  /** Takes it out of force: another one is in force already. */
  public void retire() {
    if (stage.compareAndSet(Stage.SERVING, Stage.OVER)) {
      holdings.retired();
      retired = true;
      for (int i = 0; i < loops.size(); i++) {
        int loop = i;
        loops.get(i).execute(() -> endLoopWhenQuiet(loop));
      }
    }
  }

  /** An exchange or connection begins on it. */
  public void begin(int loop) {
    exchanges.add(loop, 0, 1);
  }

  /** It has ended. */
  public void end(int loop) {
    exchanges.add(loop, 0, -1);
    if (retired) {
      endLoopWhenQuiet(loop);
    }
  }

  private void endLoopWhenQuiet(int loop) {
    if (!loopDone[loop] && exchanges.get(loop, 0) == 0) {
      loopDone[loop] = true;
      if (loopsLeft.decrementAndGet() == 0) {
        holdings.ended();
      }
    }
  }
}
