package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.host.Clock;
import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.Tracer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Is what all exchanges of a proxy share. Thread-safe. */
public final class ExchangeEnvironment {
  private static final Logger LOG = LoggerFactory.getLogger(ExchangeEnvironment.class);

  final ExchangeObserver observer;
  final Clock clock;
  final @Nullable Tracer tracer;
  private volatile boolean draining;

  /** Creates the environment. */
  public ExchangeEnvironment(ExchangeObserver observer, Clock clock, @Nullable Tracer tracer) {
    this.observer = observer;
    this.clock = clock;
    this.tracer = tracer;
  }

  /** Returns who learns of exchanges and connections. */
  public ExchangeObserver observer() {
    return observer;
  }

  /** Tells the observer that an exchange has ended. */
  void ended(Exchange exchange) {
    try {
      observer.onEnd(exchange);
    } catch (RuntimeException e) {
      LOG.error("the observer of exchanges failed", e);
    }
  }

  /** Returns the clock. */
  public Clock clock() {
    return clock;
  }

  /** Returns whether new exchanges are refused. */
  public boolean isDraining() {
    return draining;
  }

  /** Refuses new exchanges, or takes them again. */
  public void setDraining(boolean refuse) {
    draining = refuse;
  }
}
