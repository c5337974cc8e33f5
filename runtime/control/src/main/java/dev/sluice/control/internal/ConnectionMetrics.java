package dev.sluice.control.internal;

import dev.sluice.proxy.ConnectionRecord;
import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.ExchangeRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts the connections of TCP listeners that have ended, by listener. */
final class ConnectionMetrics implements ExchangeObserver {
  private final ConcurrentHashMap<String, Counts> byListener = new ConcurrentHashMap<>();

  /** Is what was counted of one listener. */
  static final class Counts {
    final Map<String, LongAdder> byCode = new ConcurrentHashMap<>(4);
    final LongAdder receivedBytes = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
  }

  @Override
  public void onEnd(ExchangeRecord exchange) {}

  @Override
  public void onConnectionEnd(ConnectionRecord connection) {
    var counts = byListener.computeIfAbsent(connection.client().owner(), l -> new Counts());
    counts.byCode.computeIfAbsent(connection.code(), c -> new LongAdder()).increment();
    counts.receivedBytes.add(connection.receivedBytes());
    counts.sentBytes.add(connection.sentBytes());
  }

  /** Returns the counts by listener. */
  Map<String, Counts> sums() {
    return new TreeMap<>(byListener);
  }
}
