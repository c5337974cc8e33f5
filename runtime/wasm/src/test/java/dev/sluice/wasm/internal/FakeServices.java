package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Completion;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Gives a plugin a log, metrics, a clock and HTTP callouts that the test answers. */
final class FakeServices implements HostServices {
  /** Is a call that waits for its answer. */
  record Call(HttpCallouts.Request request, Completion<HttpCallouts.Response> completion) {}

  final List<String> lines = new CopyOnWriteArrayList<>();
  final List<Call> calls = new ArrayList<>();
  final List<Call> cancelled = new ArrayList<>();
  final Map<String, Long> metrics = new HashMap<>();
  PluginLog.Level level = PluginLog.Level.INFO;
  @Nullable GrpcCallouts grpc;
  @Nullable Store store;
  @Nullable Counters counters;
  @Nullable Vectors vectors;
  @Nullable Embedder embed;
  @Nullable Tokens tokens;

  @Override
  public PluginLog log() {
    return new PluginLog() {
      @Override
      public Level level() {
        return level;
      }

      @Override
      public void log(Level at, String message) {
        lines.add(at + " " + message);
      }
    };
  }

  @Override
  public Metrics metrics() {
    var names = new ArrayList<>(metrics.keySet());
    return new Metrics() {
      @Override
      public int define(Type type, String name) {
        if (metrics.size() >= 2) {
          throw new ServiceException(ServiceException.Reason.LIMIT, "too many metrics");
        }
        metrics.put(name, 0L);
        return metrics.size();
      }

      @Override
      public void increment(int id, long delta) {
        metrics.merge(name(id), delta, Long::sum);
      }

      @Override
      public void record(int id, long value) {
        metrics.put(name(id), value);
      }

      @Override
      public long get(int id) {
        return metrics.getOrDefault(name(id), 0L);
      }

      private String name(int id) {
        if (id < 1 || id > names.size()) {
          throw new ServiceException(ServiceException.Reason.NOT_FOUND, "no metric " + id);
        }
        return names.get(id - 1);
      }
    };
  }

  @Override
  public Clock clock() {
    return new Clock() {
      @Override
      public long wallNanos() {
        return 1_700_000_000_000_000_000L;
      }

      @Override
      public long monotonicNanos() {
        return System.nanoTime();
      }
    };
  }

  @Override
  public HttpCallouts http() {
    return (request, completion) -> {
      if (!request.upstream().equals("backend")) {
        throw new ServiceException(ServiceException.Reason.NOT_FOUND, "no upstream");
      }
      var call = new Call(request, completion);
      calls.add(call);
      return () -> cancelled.add(call);
    };
  }

  @Override
  public Patterns patterns() {
    return new FakePatterns();
  }

  @Override
  public GrpcCallouts grpc() {
    if (grpc == null) {
      throw denied();
    }
    return grpc;
  }

  @Override
  public Store store() {
    return granted(store);
  }

  @Override
  public Counters counters() {
    return granted(counters);
  }

  @Override
  public Vectors vectors() {
    return granted(vectors);
  }

  @Override
  public Embedder embed() {
    return granted(embed);
  }

  @Override
  public Tokens tokens() {
    return granted(tokens);
  }

  private static <S> S granted(@Nullable S service) {
    if (service == null) {
      throw denied();
    }
    return service;
  }

  private static ServiceException denied() {
    return new ServiceException(ServiceException.Reason.NOT_GRANTED, "not granted");
  }
}
