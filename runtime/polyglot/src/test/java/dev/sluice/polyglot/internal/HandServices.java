package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Headers;
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
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Tokens;
import dev.sluice.plugin.host.Vectors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Gives a script what the test set, and HTTP callouts that the test answers when it likes. */
final class HandServices implements HostServices {
  /** Is a callout that waits for its answer. */
  record Callout(HttpCallouts.Request request, Completion<HttpCallouts.Response> completion) {
    void answer(int status, String body) {
      completion.succeeded(
          new HttpCallouts.Response(
              Headers.of(":status", Integer.toString(status), "x-from", request.upstream()),
              body.getBytes(StandardCharsets.UTF_8),
              new Headers()));
    }
  }

  final List<String> lines = new CopyOnWriteArrayList<>();
  final List<String> threads = new CopyOnWriteArrayList<>();
  final List<Callout> callouts = new ArrayList<>();
  final Map<String, Long> values = new TreeMap<>();
  private final List<String> defined = new ArrayList<>();
  private final List<Metrics.Type> types = new ArrayList<>();
  final AtomicLong nanos = new AtomicLong(1_700_000_000_123_000_000L);
  @Nullable Store store;
  @Nullable Counters counters;
  @Nullable Vectors vectors;
  @Nullable Embedder embed;
  @Nullable Tokens tokens;

  String logged() {
    return String.join("\n", lines);
  }

  @Override
  public PluginLog log() {
    return new PluginLog() {
      @Override
      public Level level() {
        return Level.TRACE;
      }

      @Override
      public void log(Level level, String message) {
        threads.add(Thread.currentThread().getName());
        lines.add(level + " " + message);
      }
    };
  }

  @Override
  public Metrics metrics() {
    return new Metrics() {
      @Override
      public int define(Type type, String name) {
        if (defined.contains(name)) {
          throw new ServiceException(Reason.BAD_ARGUMENT, name + " exists");
        }
        defined.add(name);
        types.add(type);
        return defined.size() - 1;
      }

      @Override
      public void increment(int id, long delta) {
        if (delta < 0 && types.get(id) == Type.COUNTER) {
          throw new ServiceException(Reason.BAD_ARGUMENT, "delta: " + delta);
        }
        values.merge(defined.get(id), delta, Long::sum);
      }

      @Override
      public void record(int id, long value) {
        values.put(defined.get(id), value);
      }

      @Override
      public long get(int id) {
        return values.getOrDefault(defined.get(id), 0L);
      }
    };
  }

  @Override
  public Clock clock() {
    return new Clock() {
      @Override
      public long wallNanos() {
        return nanos.get();
      }

      @Override
      public long monotonicNanos() {
        return nanos.get() - 1_700_000_000_000_000_000L;
      }
    };
  }

  @Override
  public Patterns patterns() {
    return patterns ->
        new Patterns.PatternSet() {
          @Override
          public List<Patterns.Match> scan(byte[] text, int limit) {
            var all = new String(text, StandardCharsets.UTF_8);
            var found = new ArrayList<Patterns.Match>();
            for (int i = 0; i < patterns.size() && found.size() < limit; i++) {
              int at = all.indexOf(patterns.get(i).text());
              if (at >= 0) {
                found.add(new Patterns.Match(i, at, at + patterns.get(i).text().length()));
              }
            }
            return found;
          }

          @Override
          public boolean matches(byte[] text) {
            return !scan(text, 1).isEmpty();
          }

          @Override
          public Patterns.StreamScan open() {
            throw new UnsupportedOperationException();
          }
        };
  }

  @Override
  public HttpCallouts http() {
    return (request, completion) -> {
      if (!Arrays.asList("a", "b").contains(request.upstream())) {
        throw new ServiceException(Reason.NOT_GRANTED, request.upstream() + ": not granted");
      }
      callouts.add(new Callout(request, completion));
      return () -> {};
    };
  }

  @Override
  public GrpcCallouts grpc() {
    throw denied();
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
    return new ServiceException(Reason.NOT_GRANTED, "not granted");
  }
}
