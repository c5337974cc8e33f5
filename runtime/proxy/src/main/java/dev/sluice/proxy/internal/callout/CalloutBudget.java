package dev.sluice.proxy.internal.callout;

import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Is what one VM may call, and how many calls it has in flight, of all kinds together. */
public final class CalloutBudget {
  private final String plugin;
  private final Grants grants;
  private final Limits limits;
  private final LoopState loop;
  private final Executor owner;
  private final Function<String, @Nullable Upstream> upstreams;
  private final AtomicInteger inFlight = new AtomicInteger();

  /**
   * @param owner runs tasks on the thread of the VM
   */
  public CalloutBudget(
      String plugin,
      Grants grants,
      Limits limits,
      LoopState loop,
      Executor owner,
      Function<String, @Nullable Upstream> upstreams) {
    this.plugin = plugin;
    this.grants = grants;
    this.limits = limits;
    this.loop = loop;
    this.owner = owner;
    this.upstreams = upstreams;
  }

  Grants grants() {
    return grants;
  }

  LoopState loop() {
    return loop;
  }

  /** Returns what runs tasks on the thread of the VM. */
  Executor owner() {
    return owner;
  }

  /** Returns how many bytes an answer or a message may have. */
  int bodyLimit() {
    return Math.max(limits.bodyBuffer(), 1 << 20);
  }

  /**
   * Checks a grant.
   *
   * @param kind its name: {@code http}, {@code grpc} or {@code redis}
   * @throws ServiceException NOT_GRANTED
   */
  void require(String kind, Set<String> granted, String name) {
    if (!granted.contains(name)) {
      throw new ServiceException(
          Reason.NOT_GRANTED,
          "upstream %s: not granted to plugin %s (expected: one of grants.%s %s)"
              .formatted(name, plugin, kind, granted));
    }
  }

  /**
   * Takes a place for a call, to be given back by {@link #ended}.
   *
   * @param kind the grant that it needs, as {@link #require}
   * @throws ServiceException NOT_GRANTED, NOT_FOUND, or LIMIT
   */
  Upstream begin(String kind, Set<String> granted, String name) {
    require(kind, granted, name);
    var upstream = upstreams.apply(name);
    if (upstream == null) {
      throw new ServiceException(
          Reason.NOT_FOUND, "upstream " + name + ": there is none of this name");
    }
    if (inFlight.incrementAndGet() > limits.callouts()) {
      inFlight.decrementAndGet();
      throw new ServiceException(
          Reason.LIMIT,
          "callouts in flight (expected: at most " + limits.callouts() + ", limits.callouts)");
    }
    return upstream;
  }

  /** Gives the place of a call back, and lets its caller know on its own thread. */
  void ended(Runnable answer) {
    inFlight.decrementAndGet();
    owner.execute(answer);
  }

  static void requirePositive(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new ServiceException(
          Reason.BAD_ARGUMENT, "timeout: " + timeout + " (expected: more than 0s)");
    }
  }
}
