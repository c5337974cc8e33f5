package dev.sluice.benchmarks.internal;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.PluginLog;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Tokens;
import dev.sluice.plugin.host.Vectors;
import java.util.ServiceLoader;
import java.util.concurrent.Executor;

/**
 * Gives a guest a clock that stands still, a log that shows errors only, metrics that nobody reads
 * and the gateway's own pattern matching; nothing else.
 */
final class BenchServices implements HostServices, Clock, PluginLog, Metrics {
  private final Patterns patterns;
  private long total;

  BenchServices(Executor executor) {
    patterns =
        ServiceLoader.load(HostServiceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.type() == Patterns.class)
            .map(provider -> (Patterns) provider.open("bench", 0, executor))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no pattern matching"));
  }

  @Override
  public long wallNanos() {
    return 1_700_000_000_000_000_000L;
  }

  @Override
  public long monotonicNanos() {
    return 1_000_000_000L;
  }

  @Override
  public Level level() {
    return Level.ERROR;
  }

  @Override
  public void log(Level level, String message) {
    if (level.compareTo(Level.ERROR) >= 0) {
      System.err.println(message);
    }
  }

  @Override
  public int define(Type type, String name) {
    return 1;
  }

  @Override
  public void increment(int id, long delta) {
    total += delta;
  }

  @Override
  public void record(int id, long value) {
    total = value;
  }

  @Override
  public long get(int id) {
    return total;
  }

  @Override
  public PluginLog log() {
    return this;
  }

  @Override
  public Clock clock() {
    return this;
  }

  @Override
  public Metrics metrics() {
    return this;
  }

  @Override
  public HttpCallouts http() {
    throw denied();
  }

  @Override
  public GrpcCallouts grpc() {
    throw denied();
  }

  @Override
  public Patterns patterns() {
    return patterns;
  }

  @Override
  public Store store() {
    throw denied();
  }

  @Override
  public Counters counters() {
    throw denied();
  }

  @Override
  public Vectors vectors() {
    throw denied();
  }

  @Override
  public Embedder embed() {
    throw denied();
  }

  @Override
  public Tokens tokens() {
    throw denied();
  }

  private static ServiceException denied() {
    return new ServiceException(ServiceException.Reason.NOT_GRANTED, "not granted");
  }
}
