package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Vectors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns the asynchronous host calls of a script into calls of the services: the arguments are read
 * on the script thread, where a service that was not granted throws, the call itself is made on the
 * loop. Numbers that a script need not look into (versions, reservations, fences) travel as text: a
 * script's numbers hold 53 bits.
 */
final class HostCalls {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);

  /** Stands for nothing: what may be absent is a list. */
  private static final List<Object> ABSENT = List.of();

  private final HostServices services;

  HostCalls(HostServices services) {
    this.services = services;
  }

  /** Is a call that is ready to be made, on the loop. */
  @FunctionalInterface
  interface Prepared {
    /** Makes the call. */
    void start(Completion<Object> completion);
  }

  /**
   * Reads a call.
   *
   * @param wanted whether there is anybody to give back what the call takes; asked on the loop
   * @throws ServiceException when it is not granted, not known, or an argument is wrong
   */
  Prepared prepare(Arguments arguments, @Nullable Invocation asker, BooleanSupplier wanted) {
    var operation = arguments.operation();
    return switch (operation.substring(0, Math.max(0, operation.indexOf('.')))) {
      case "properties" -> properties(arguments, asker);
      case "http" -> http(arguments);
      case "store" -> store(arguments, wanted);
      case "counters" -> counters(arguments, wanted);
      case "vectors" -> vectors(arguments);
      case "embed" -> {
        var embed = services.embed();
        var texts = arguments.texts(0, "texts");
        yield done -> embed.embed(texts, map(done, List::copyOf));
      }
      case "tokens" -> {
        var tokens = services.tokens();
        var model = arguments.text(0, "model");
        var text = arguments.text(1, "text");
        yield done -> tokens.count(model, text, map(done, Function.identity()));
      }
      default -> throw unknown(operation);
    };
  }

  private static ServiceException unknown(String operation) {
    return new ServiceException(Reason.NOT_FOUND, operation + ": no such host call");
  }

  private static <T> Completion<T> map(
      Completion<Object> done, Function<? super T, ? extends Object> result) {
    return Completion.of(value -> done.succeeded(result.apply(value)), done::failed);
  }

  /** Gives back what was taken for an exchange that ended before the answer came. */
  private static <T> Completion<T> ifWanted(
      BooleanSupplier wanted, String operation, Consumer<T> giveBack, Completion<T> done) {
    return Completion.of(
        value -> {
          if (wanted.getAsBoolean()) {
            done.succeeded(value);
          } else {
            giveBack.accept(value);
            done.failed(
                new ServiceException(
                    Reason.CANCELLED, operation + ": the exchange ended before the answer came"));
          }
        },
        done::failed);
  }

  private static Prepared properties(Arguments in, @Nullable Invocation asker) {
    var path = List.of(in.text(0, "path").split("\\."));
    var exchange = asker == null ? null : asker.exchange();
    if (exchange == null) {
      throw new ServiceException(
          Reason.NOT_FOUND, in.operation() + ": there is no exchange outside of its callbacks");
    }
    if (in.operation().equals("properties.get")) {
      return done -> {
        var value = exchange.properties().get(path);
        done.succeeded(value == null ? ABSENT : List.of(value));
      };
    }
    var value = in.bytes(1, "value");
    return done -> {
      try {
        done.succeeded(exchange.properties().set(path, value));
      } catch (PluginException e) {
        done.failed(new ServiceException(Reason.LIMIT, String.valueOf(e.getMessage())));
      }
    };
  }

  private Prepared http(Arguments in) {
    var http = services.http();
    Headers headers;
    try {
      headers = HeaderLines.read(in.text(1, "headers"));
    } catch (IllegalArgumentException e) {
      throw new ServiceException(Reason.BAD_ARGUMENT, "http.fetch: " + e.getMessage());
    }
    var timeout = in.optionalMillis(3, "timeout");
    var request =
        new HttpCallouts.Request(
            in.text(0, "upstream"),
            headers,
            in.bytes(2, "body"),
            null,
            timeout == null ? CALL_TIMEOUT : timeout);
    return done ->
        http.call(
            request,
            map(
                done,
                response ->
                    List.of(
                        String.valueOf(HeaderLines.write(response.headers())), response.body())));
  }

  private Prepared store(Arguments in, BooleanSupplier wanted) {
    Store store = services.store();
    var key = in.text(0, "key");
    return switch (in.operation()) {
      case "store.get" -> done -> store.get(key, map(done, HostCalls::entry));
      case "store.set" -> {
        var value = in.bytes(1, "value");
        var ttl = in.optionalMillis(2, "ttl");
        yield done -> store.set(key, value, ttl, map(done, String::valueOf));
      }
      case "store.compareAndSet" -> {
        var value = in.bytes(1, "value");
        long expected = in.integer(2, "version");
        var ttl = in.optionalMillis(3, "ttl");
        yield done -> store.compareAndSet(key, value, expected, ttl, map(done, String::valueOf));
      }
      case "store.delete" -> done -> store.delete(key, map(done, Function.identity()));
      case "store.lock" -> {
        var expiry = in.millis(1, "expiry");
        yield done ->
            store.lock(
                key,
                expiry,
                ifWanted(
                    wanted,
                    in.operation(),
                    taken ->
                        taken.ifPresent(
                            lock -> store.unlock(lock, Completion.of(given -> {}, error -> {}))),
                    map(done, HostCalls::fence)));
      }
      case "store.unlock" -> {
        var lock = new Store.Lock(key, in.integer(1, "fence"));
        yield done -> store.unlock(lock, map(done, Function.identity()));
      }
      default -> throw unknown(in.operation());
    };
  }

  private static Object entry(Optional<Store.Entry> found) {
    return found.isEmpty()
        ? ABSENT
        : List.of(found.get().value(), Long.toString(found.get().version()));
  }

  private static Object fence(Optional<Store.Lock> taken) {
    return taken.isEmpty() ? ABSENT : List.of(Long.toString(taken.get().fence()));
  }

  private Prepared counters(Arguments in, BooleanSupplier wanted) {
    Counters counters = services.counters();
    return switch (in.operation()) {
      case "counters.add" -> {
        var limits = limits(in);
        long amount = in.integer(1, "amount");
        yield done -> counters.add(limits, amount, map(done, HostCalls::remaining));
      }
      case "counters.reserve" -> {
        var limits = limits(in);
        long amount = in.integer(1, "amount");
        var expiry = in.millis(2, "expiry");
        yield done ->
            counters.reserve(
                limits,
                amount,
                expiry,
                ifWanted(
                    wanted,
                    in.operation(),
                    decision -> release(counters, decision),
                    map(done, HostCalls::decision)));
      }
      case "counters.settle" -> {
        long reservation = in.integer(0, "reservation");
        long amount = in.integer(1, "amount");
        yield done -> counters.settle(reservation, amount, map(done, HostCalls::remaining));
      }
      case "counters.release" -> {
        long reservation = in.integer(0, "reservation");
        yield done -> counters.release(reservation, map(done, HostCalls::remaining));
      }
      case "counters.peek" -> {
        var limits = limits(in);
        yield done -> counters.peek(limits, map(done, HostCalls::remaining));
      }
      default -> throw unknown(in.operation());
    };
  }

  private static Object decision(Counters.Decision decision) {
    return List.of(
        decision.granted(), Long.toString(decision.reservation()), remaining(decision.remaining()));
  }

  private static void release(Counters counters, Counters.Decision decision) {
    if (decision.granted()) {
      counters.release(decision.reservation(), Completion.of(left -> {}, error -> {}));
    }
  }

  /** Reads limits, each a list of key, amount, kind of window and what that kind needs. */
  private static List<Counters.Limit> limits(Arguments in) {
    var limits = new ArrayList<Counters.Limit>();
    for (var each : in.list(0, "limits")) {
      if (!(each instanceof List<?> fields)) {
        throw in.refused(0, "limits", "a list of limits");
      }
      var limit = new Arguments(in.operation(), new ArrayList<>(fields));
      limits.add(
          new Counters.Limit(limit.text(0, "key"), window(limit), limit.integer(1, "amount")));
    }
    return limits;
  }

  private static Counters.Window window(Arguments limit) {
    return switch (limit.text(2, "window")) {
      case "fixed" -> new Counters.Window.Fixed(limit.text(3, "unit"), limit.text(4, "zone"));
      case "sliding" -> new Counters.Window.Sliding(limit.millis(3, "sliding"));
      case "tokenBucket" -> new Counters.Window.TokenBucket(limit.number(3, "tokenBucket"));
      case "concurrency" -> new Counters.Window.Concurrency(limit.millis(3, "concurrency"));
      default -> throw limit.refused(2, "window", "fixed, sliding, tokenBucket or concurrency");
    };
  }

  private static List<Object> remaining(List<Counters.Remaining> limits) {
    return limits.stream()
        .<Object>map(
            each -> List.of(each.limit().key(), each.remaining(), each.resetsAt().toEpochMilli()))
        .toList();
  }

  private Prepared vectors(Arguments in) {
    Vectors vectors = services.vectors();
    var namespace = in.text(0, "namespace");
    return switch (in.operation()) {
      case "vectors.upsert" -> {
        var item =
            new Vectors.Item(
                in.text(1, "key"),
                in.vector(2, "vector"),
                in.bytes(3, "value"),
                in.map(4, "attributes"));
        var ttl = in.optionalMillis(5, "ttl");
        yield done -> vectors.upsert(namespace, item, ttl, map(done, Function.identity()));
      }
      case "vectors.search" -> {
        var query =
            new Vectors.Query(
                in.vector(1, "vector"),
                Math.clamp(in.integer(2, "k"), 1, 1000),
                in.number(3, "minScore"),
                in.map(4, "filter"));
        yield done -> vectors.search(namespace, query, map(done, HostCalls::hits));
      }
      case "vectors.delete" -> {
        var key = in.text(1, "key");
        yield done -> vectors.delete(namespace, key, map(done, Function.identity()));
      }
      case "vectors.deleteWhere" -> {
        var filter = in.map(1, "filter");
        yield done -> vectors.deleteWhere(namespace, filter, map(done, Function.identity()));
      }
      default -> throw unknown(in.operation());
    };
  }

  private static List<Object> hits(List<Vectors.Hit> hits) {
    return hits.stream()
        .<Object>map(
            hit -> {
              var attributes = new ArrayList<Object>();
              hit.attributes()
                  .forEach(
                      (name, value) -> {
                        attributes.add(name);
                        attributes.add(value);
                      });
              return List.of(hit.key(), hit.score(), hit.value(), attributes);
            })
        .toList();
  }
}
