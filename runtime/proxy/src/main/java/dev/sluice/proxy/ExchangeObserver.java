package dev.sluice.proxy;

/**
 * Learns of exchanges and connections, for access log and metrics. Called on their loop, so it must
 * neither block nor throw; an exception is logged and dropped.
 */
public interface ExchangeObserver {
  /** Observes nothing. */
  ExchangeObserver NONE = exchange -> {};

  /** An exchange has ended; its record is valid inside this call only. */
  void onEnd(ExchangeRecord exchange);

  /** A connection of a TCP listener has ended. */
  default void onConnectionEnd(ConnectionRecord connection) {}

  /** Returns an observer that calls both. */
  default ExchangeObserver and(ExchangeObserver other) {
    var self = this;
    return new ExchangeObserver() {
      @Override
      public void onEnd(ExchangeRecord exchange) {
        self.onEnd(exchange);
        other.onEnd(exchange);
      }

      @Override
      public void onConnectionEnd(ConnectionRecord connection) {
        self.onConnectionEnd(connection);
        other.onConnectionEnd(connection);
      }
    };
  }
}
