package dev.sluice.benchmarks.internal;

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

/** Gives a guest a clock that stands still and a log that nobody reads, and nothing else. */
final class BenchServices implements HostServices, Clock, PluginLog {
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
    return Level.CRITICAL;
  }

  @Override
  public void log(Level level, String message) {}

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
    throw denied();
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
    throw denied();
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
