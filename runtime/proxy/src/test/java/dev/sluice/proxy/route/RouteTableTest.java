package dev.sluice.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.route.RouteMatch.FieldMatch;
import dev.sluice.proxy.route.RouteMatch.PathMatch;
import dev.sluice.proxy.route.RouteMatch.ValueMatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static final List<String> ANY = List.of();

  private static Route route(String name, List<String> hosts, PathMatch path) {
    return Route.to(name, new RouteMatch(hosts, path, ANY, List.of(), List.of()), "u");
  }

  private static @Nullable String find(List<Route> routes, String host, String path) {
    return find(routes, Headers.of(":method", "GET", ":authority", host, ":path", path));
  }

  private static @Nullable String find(List<Route> routes, Headers request) {
    var found = RouteTable.of(routes, r -> r).find(request);
    return found == null ? null : found.name();
  }

  @Test
  void prefersExactHostsToWildcardsAndLongerWildcardsToShorter() {
    var all = new PathMatch.Prefix("/");
    var routes =
        List.of(
            route("any", ANY, all),
            route("org", List.of("*.example.org"), all),
            route("deep", List.of("*.b.example.org"), all),
            route("exact", List.of("A.b.example.org"), all));
    assertThat(find(routes, "a.B.example.org:8080", "/")).isEqualTo("exact");
    assertThat(find(routes, "a.b.example.org.", "/")).isEqualTo("exact");
    assertThat(find(routes, "x.b.example.org", "/")).isEqualTo("deep");
    assertThat(find(routes, "y.x.b.EXAMPLE.org", "/")).isEqualTo("deep");
    assertThat(find(routes, "b.example.org", "/")).isEqualTo("org");
    assertThat(find(routes, "example.org", "/")).isEqualTo("any");
    assertThat(find(routes, "[::1]:80", "/")).isEqualTo("any");
    assertThat(find(routes, "", "/")).isEqualTo("any");
  }

  @Test
  void prefersExactPathsToExpressionsToLongerPrefixes() {
    var routes =
        List.of(
            route("root", ANY, new PathMatch.Prefix("")),
            route("api", ANY, new PathMatch.Prefix("/api")),
            route("v1", ANY, new PathMatch.Prefix("/api/v1/")),
            route("number", ANY, new PathMatch.Regex("/api/[0-9]+")),
            route("exact", ANY, new PathMatch.Exact("/api/7")));
    assertThat(find(routes, "h", "/api/7")).isEqualTo("exact");
    assertThat(find(routes, "h", "/api/7?x=1")).isEqualTo("exact");
    assertThat(find(routes, "h", "/api/8")).isEqualTo("number");
    assertThat(find(routes, "h", "/api/v1/x")).isEqualTo("v1");
    assertThat(find(routes, "h", "/api/v1")).isEqualTo("api");
    assertThat(find(routes, "h", "/api")).isEqualTo("api");
    assertThat(find(routes, "h", "/api?a")).isEqualTo("api");
    assertThat(find(routes, "h", "/apix")).isEqualTo("root");
    assertThat(find(routes, "h", "*")).isEqualTo("root");
  }

  @Test
  void fallsBackWhereOtherConditionsDoNotHold() {
    var post =
        new RouteMatch(
            List.of("h"), new PathMatch.Exact("/a"), List.of("POST"), List.of(), List.of());
    var routes = List.of(route("any", ANY, new PathMatch.Prefix("/")), Route.to("post", post, "u"));
    assertThat(find(routes, "h", "/a")).isEqualTo("any");
    assertThat(find(routes, Headers.of(":method", "POST", ":authority", "h", ":path", "/a")))
        .isEqualTo("post");
  }

  @Test
  void checksHeadersAndQuery() {
    var match =
        new RouteMatch(
            ANY,
            new PathMatch.Prefix("/"),
            ANY,
            List.of(new FieldMatch("x-a", new ValueMatch.Exact("b"))),
            List.of(new FieldMatch("v", new ValueMatch.Regex("[12]"))));
    var routes = List.of(Route.to("r", match, "u"));
    assertThat(find(routes, request("/?v=1", "b"))).isEqualTo("r");
    assertThat(find(routes, request("/?a=9&v=%32", "b"))).isEqualTo("r");
    assertThat(find(routes, request("/?v=3&v=2", "b"))).isEqualTo("r");
    assertThat(find(routes, request("/?v=12", "b"))).isNull();
    assertThat(find(routes, request("/?vv=1", "b"))).isNull();
    assertThat(find(routes, request("/", "b"))).isNull();
    assertThat(find(routes, request("/?v=1", "c"))).isNull();
    assertThat(find(routes, request("/?v=%zz", "b"))).isNull();
  }

  private static Headers request(String path, String value) {
    return Headers.of(":method", "GET", ":authority", "h", ":path", path, "x-a", value);
  }

  @Test
  void prefersTheRouteWithMoreConditionsThenTheFirst() {
    var path = new PathMatch.Prefix("/");
    var header = List.of(new FieldMatch("x-a", new ValueMatch.Present()));
    var routes =
        List.of(
            route("first", ANY, path),
            route("second", ANY, path),
            Route.to("more", new RouteMatch(ANY, path, ANY, header, List.of()), "u"));
    assertThat(find(routes, request("/", "x"))).isEqualTo("more");
    assertThat(find(routes, "h", "/")).isEqualTo("first");
  }

  @Test
  void namesTheRouteAndTheHostThatItCannotRead() {
    var routes = List.of(route("bad", List.of("a.*.org"), new PathMatch.Prefix("/")));
    assertThatThrownBy(() -> RouteTable.of(routes, r -> r))
        .hasMessageContaining("bad")
        .hasMessageContaining("a.*.org");
    assertThatThrownBy(() -> new PathMatch.Regex("(")).hasMessageContaining("RE2");
  }

  @Test
  void findsWhatAPlainSearchFinds() {
    long seed = System.nanoTime();
    System.out.println("RouteTableTest seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      var routes = new ArrayList<Route>();
      for (int i = 0; i < 1 + random.nextInt(40); i++) {
        routes.add(randomRoute(random, i));
      }
      var table = RouteTable.of(routes, r -> r);
      for (int i = 0; i < 60; i++) {
        var request =
            Headers.of(
                ":method",
                random.nextBoolean() ? "GET" : "POST",
                ":authority",
                randomHost(random) + (random.nextBoolean() ? ":80" : ""),
                ":path",
                randomPath(random) + (random.nextBoolean() ? "?q=" + random.nextInt(2) : ""));
        var found = table.find(request);
        var expected = search(routes, request);
        assertThat(found == null ? null : found.name())
            .as("seed %s, round %s, %s in %s", seed, round, request, routes)
            .isEqualTo(expected == null ? null : expected.name());
      }
    }
  }

  private static String randomHost(Random random) {
    var labels = new String[] {"a", "b", "C"};
    var host = new StringBuilder(labels[random.nextInt(3)]);
    for (int i = random.nextInt(3); i > 0; i--) {
      host.append('.').append(labels[random.nextInt(3)]);
    }
    return host.toString();
  }

  private static String randomPath(Random random) {
    var path = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      path.append('/').append(random.nextInt(4) == 0 ? "" : "x".repeat(random.nextInt(3)));
    }
    return path.toString();
  }

  private static Route randomRoute(Random random, int number) {
    List<String> hosts =
        switch (random.nextInt(3)) {
          case 0 -> ANY;
          case 1 -> List.of(randomHost(random));
          default -> List.of("*." + randomHost(random));
        };
    PathMatch path =
        switch (random.nextInt(4)) {
          case 0 -> new PathMatch.Exact(randomPath(random));
          case 1 -> new PathMatch.Regex(randomPath(random) + "x*");
          default -> new PathMatch.Prefix(random.nextInt(5) == 0 ? "" : randomPath(random));
        };
    List<FieldMatch> query =
        random.nextInt(3) == 0
            ? List.of(new FieldMatch("q", new ValueMatch.Exact("1")))
            : List.of();
    var methods = random.nextInt(3) == 0 ? List.of("POST") : ANY;
    return Route.to("r" + number, new RouteMatch(hosts, path, methods, List.of(), query), "u");
  }

  private record Hit(Route route, int host, int path, int conditions, int order) {}

  /** Looks at every route, as the class comment of the table says. */
  private static @Nullable Route search(List<Route> routes, Headers request) {
    var authority = request.get(":authority", "").toLowerCase(Locale.ROOT);
    var host = authority.replaceAll(":80$", "");
    var target = request.get(":path", "");
    int mark = target.indexOf('?');
    var path = mark < 0 ? target : target.substring(0, mark);
    var hits = new ArrayList<Hit>();
    // Expressions of one host are tried in the order in which their text first appeared.
    for (int i = 0; i < routes.size(); i++) {
      var match = routes.get(i).match();
      int hostRank = hostRank(match.hosts(), host);
      int pathRank = pathRank(routes, i, path);
      boolean method =
          match.methods().isEmpty() || match.methods().contains(request.get(":method", ""));
      boolean query = match.query().isEmpty() || target.endsWith("?q=1");
      if (hostRank >= 0 && pathRank >= 0 && method && query) {
        int conditions = (match.methods().isEmpty() ? 0 : 1) + match.query().size();
        hits.add(new Hit(routes.get(i), hostRank, pathRank, conditions, i));
      }
    }
    return hits.stream()
        .min(
            Comparator.<Hit>comparingInt(h -> -h.host)
                .thenComparingInt(h -> -h.path)
                .thenComparingInt(h -> -h.conditions)
                .thenComparingInt(h -> h.order))
        .map(Hit::route)
        .orElse(null);
  }

  private static int hostRank(List<String> hosts, String host) {
    if (hosts.isEmpty()) {
      return 0;
    }
    var pattern = hosts.getFirst().toLowerCase(Locale.ROOT);
    if (pattern.startsWith("*.")) {
      return host.endsWith(pattern.substring(1)) && host.length() >= pattern.length()
          ? pattern.length()
          : -1;
    }
    return pattern.equals(host) ? 1000 : -1;
  }

  private static int pathRank(List<Route> routes, int index, String path) {
    return switch (routes.get(index).match().path()) {
      case PathMatch.Exact(var exact) -> exact.equals(path) ? 100_000 : -1;
      case PathMatch.Regex(var text) ->
          Pattern.matches(text, path) ? 50_000 - firstWith(routes, index, text) : -1;
      case PathMatch.Prefix(var prefix) -> {
        boolean open = prefix.isEmpty() || prefix.endsWith("/");
        boolean holds =
            path.startsWith(prefix)
                && (open
                    || path.length() == prefix.length()
                    || path.charAt(prefix.length()) == '/');
        yield holds ? prefix.length() : -1;
      }
    };
  }

  /** Returns the first route with the same expression under the same host. */
  private static int firstWith(List<Route> routes, int index, String text) {
    var hosts = routes.get(index).match().hosts().toString().toLowerCase(Locale.ROOT);
    for (int i = 0; i < index; i++) {
      var match = routes.get(i).match();
      if (match.path() instanceof PathMatch.Regex(var other)
          && other.equals(text)
          && match.hosts().toString().toLowerCase(Locale.ROOT).equals(hosts)) {
        return i;
      }
    }
    return index;
  }
}
