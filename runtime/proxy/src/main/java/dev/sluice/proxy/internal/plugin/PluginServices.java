package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.PluginLog;
import dev.sluice.plugin.host.RedisCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Tokens;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.proxy.internal.callout.CalloutBudget;
import dev.sluice.proxy.internal.callout.GrpcCalls;
import dev.sluice.proxy.internal.callout.HttpCalls;
import dev.sluice.proxy.internal.callout.RedisCalls;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Gives one VM what its plugin was granted. */
final class PluginServices implements HostServices, AutoCloseable {
  private final VmKey vm;
  private final PluginShared shared;
  private final Executor owner;
  private final HttpCallouts http;
  private final GrpcCallouts grpc;
  private final RedisCalls redis;
  private final Map<Class<?>, Object> opened = new ConcurrentHashMap<>();

  PluginServices(VmKey vm, PluginShared shared, Executor owner, CalloutBudget budget) {
    this.vm = vm;
    this.shared = shared;
    this.owner = owner;
    http = new HttpCalls(budget);
    grpc = new GrpcCalls(budget);
    redis = new RedisCalls(budget);
  }

  @Override
  public PluginLog log() {
    return shared.log();
  }

  @Override
  public Metrics metrics() {
    return shared.metrics();
  }

  @Override
  public Clock clock() {
    return shared.clock();
  }

  @Override
  public Patterns patterns() {
    return open(Patterns.class, "patterns");
  }

  @Override
  public HttpCallouts http() {
    require("http");
    return http;
  }

  @Override
  public GrpcCallouts grpc() {
    require("grpc");
    return grpc;
  }

  @Override
  public RedisCallouts redis() {
    require("redis");
    return redis;
  }

  @Override
  public Store store() {
    return open(Store.class, "store");
  }

  @Override
  public Counters counters() {
    return open(Counters.class, "counters");
  }

  @Override
  public Vectors vectors() {
    return open(Vectors.class, "vectors");
  }

  @Override
  public Embedder embed() {
    return open(Embedder.class, "embed");
  }

  @Override
  public Tokens tokens() {
    return open(Tokens.class, "tokens");
  }

  /** Closes the connections that are this VM's own; on its loop, or before the hand-over. */
  @Override
  public void close() {
    redis.close();
  }

  private <S> S open(Class<S> type, String capability) {
    require(capability);
    return type.cast(opened.computeIfAbsent(type, t -> counted(type, capability)));
  }

  private <S> S counted(Class<S> type, String capability) {
    var service =
        shared.services().open(type, capability, vm.vmId(), vm.limits().storeBytes(), owner);
    // Patterns answer at once and often: the plugin's own time.
    return type == Patterns.class
        ? service
        : shared.serviceStats().counting(type, capability, service);
  }

  private void require(String capability) {
    if (!vm.grants().allows(capability)) {
      throw new ServiceException(
          Reason.NOT_GRANTED,
          capability + ": not granted to plugin " + vm.plugin() + " (expected: in its grants)");
    }
  }
}
