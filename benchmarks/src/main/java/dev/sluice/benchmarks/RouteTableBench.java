package dev.sluice.benchmarks;

import dev.sluice.plugin.Headers;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.route.RouteMatch.PathMatch;
import dev.sluice.proxy.route.RouteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures the look-up of a route: a tenth of the routes by wildcard host, all by path prefix. */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class RouteTableBench {
  private static final int REQUESTS = 1 << 12;
  private static final int ROUTES_OF_A_HOST = 10;
  private static final long SEED = 20_261_123;

  /** How many routes the table has. */
  @Param({"10", "1000", "100000"})
  public int routes;

  private RouteTable<Route> table;
  private Headers[] requests;
  private int next;

  /** Builds the table and requests that each hit some route. */
  @Setup
  public void build() {
    List<Route> list = new ArrayList<>(routes);
    for (int i = 0; i < routes; i++) {
      var match =
          new RouteMatch(
              List.of(
                  isWildcard(i)
                      ? "*.h" + host(i) + ".example.org"
                      : "h" + host(i) + ".example.com"),
              new PathMatch.Prefix("/service-" + i + "/v1"),
              List.of(),
              List.of(),
              List.of());
      list.add(Route.to("r" + i, match, "upstream"));
    }
    table = RouteTable.of(list, Function.identity());
    var random = new Random(SEED);
    requests = new Headers[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
      requests[i] = request(random.nextInt(routes));
    }
  }

  private static int host(int route) {
    return route / ROUTES_OF_A_HOST;
  }

  private static boolean isWildcard(int route) {
    return host(route) % 10 == 9;
  }

  private static Headers request(int route) {
    var authority =
        isWildcard(route)
            ? "tenant.h" + host(route) + ".example.org"
            : "h" + host(route) + ".example.com:8080";
    return Headers.of(
        ":method", "GET",
        ":scheme", "http",
        ":authority", authority,
        ":path", "/service-" + route + "/v1/items?id=7",
        "accept", "*/*");
  }

  /** Looks up one request after another. */
  @Benchmark
  public @Nullable Route find() {
    next = (next + 1) & (REQUESTS - 1);
    return table.find(requests[next]);
  }
}
