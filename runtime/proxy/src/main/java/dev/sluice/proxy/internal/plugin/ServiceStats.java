package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.ServiceMetric;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts what asynchronous host services do for one plugin. Thread-safe. */
final class ServiceStats {
  private final ConcurrentMap<Operation, Counts> counts = new ConcurrentHashMap<>();
  private final AtomicInteger inFlight = new AtomicInteger();

  /** Is a method of a service. */
  private record Operation(String service, String name) {}

  /** Is what one operation did. */
  private static final class Counts {
    private final LongAdder calls = new LongAdder();
    private final ConcurrentMap<Reason, LongAdder> failures = new ConcurrentHashMap<>();
    private final AtomicLongArray durations = new AtomicLongArray(ServiceMetric.BOUNDS.size() + 1);
    private final DoubleAdder seconds = new DoubleAdder();

    void ended(long began) {
      double took = (System.nanoTime() - began) / 1e9;
      int bound = 0;
      while (bound < ServiceMetric.BOUNDS.size() && took > ServiceMetric.BOUNDS.get(bound)) {
        bound++;
      }
      durations.incrementAndGet(bound);
      seconds.add(took);
    }

    void failed(ServiceException error) {
      failures.computeIfAbsent(error.reason(), reason -> new LongAdder()).increment();
    }
  }

  /** Returns a service that counts the calls of those methods that answer by a completion. */
  <S> S counting(Class<S> type, String service, S counted) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call(service, counted, method, arguments)));
  }

  private Object call(String service, Object counted, Method method, Object[] arguments)
      throws Throwable {
    Object[] passed = arguments;
    Counts of = null;
    int last = arguments == null ? -1 : arguments.length - 1;
    if (last >= 0 && arguments[last] instanceof Completion<?> completion) {
      of = counts.computeIfAbsent(new Operation(service, method.getName()), o -> new Counts());
      of.calls.increment();
      inFlight.incrementAndGet();
      passed = arguments.clone();
      passed[last] = counting(completion, of);
    }
    try {
      return method.invoke(counted, passed);
    } catch (InvocationTargetException e) {
      if (of != null) {
        inFlight.decrementAndGet(); // whoever throws completes nothing
      }
      if (of != null && e.getCause() instanceof ServiceException refused) {
        of.failed(refused);
      }
      throw e.getCause();
    }
  }

  private <T> Completion<T> counting(Completion<T> completion, Counts counts) {
    long began = System.nanoTime();
    return Completion.of(
        value -> {
          counts.ended(began);
          inFlight.decrementAndGet();
          completion.succeeded(value);
        },
        error -> {
          counts.ended(began);
          counts.failed(error);
          inFlight.decrementAndGet();
          completion.failed(error);
        });
  }

  /** Returns how many calls have not been answered on their caller's loop yet. */
  int inFlight() {
    return inFlight.get();
  }

  /** Returns what was counted. */
  List<ServiceMetric> metrics(String plugin) {
    var metrics = new ArrayList<ServiceMetric>();
    counts.forEach(
        (operation, of) -> {
          Map<String, Long> failures = new TreeMap<>();
          of.failures.forEach(
              (reason, n) -> failures.put(reason.name().toLowerCase(Locale.ROOT), n.sum()));
          var durations = new ArrayList<Long>();
          for (int i = 0; i < of.durations.length(); i++) {
            durations.add(of.durations.get(i));
          }
          metrics.add(
              new ServiceMetric(
                  plugin,
                  operation.service,
                  operation.name,
                  of.calls.sum(),
                  failures,
                  durations,
                  of.seconds.sum()));
        });
    return metrics;
  }
}
