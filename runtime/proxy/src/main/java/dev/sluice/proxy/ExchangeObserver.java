package dev.sluice.proxy;

/**
 * Learns of exchanges, for access log and metrics. Called on the loop of the exchange, so it must
 * neither block nor throw; an exception is logged and dropped.
 */
public interface ExchangeObserver {
  /** Observes nothing. */
  ExchangeObserver NONE = exchange -> {};

  /** An exchange has ended; its record is valid inside this call only. */
  void onEnd(ExchangeRecord exchange);

  /** Returns an observer that calls both. */
  default ExchangeObserver and(ExchangeObserver other) {
    return exchange -> {
      onEnd(exchange);
      other.onEnd(exchange);
    };
  }
}
