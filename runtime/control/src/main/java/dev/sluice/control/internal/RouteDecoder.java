package dev.sluice.control.internal;

import dev.sluice.control.internal.ConfigDecoder.Names;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.proxy.route.RetryPolicy;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import dev.sluice.proxy.route.Route.Target;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.route.RouteMatch.FieldMatch;
import dev.sluice.proxy.route.RouteMatch.PathMatch;
import dev.sluice.proxy.route.RouteMatch.ValueMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Decodes {@code routes}. */
final class RouteDecoder {
  private static final Pattern HOST =
      Pattern.compile("\\*|(\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?");

  private final Names names;
  private final IdentityDecoder identities;

  RouteDecoder(Names names, IdentityDecoder identities) {
    this.names = names;
    this.identities = identities;
  }

  List<Route> decode(Section root) {
    return root.mappings("routes").stream().map(this::route).toList();
  }

  private Route route(Section section) {
    var route =
        new Route(
                section.text("name", ""),
                match(section.section("match")),
                targets(section),
                plugins(section, PluginDecoder.HTTP),
                section.duration("timeout", Duration.ZERO),
                retry(section.section("retry")))
            .with(identities.access(section));
    var ai = AiDecoder.decode(section);
    return ai == null ? route : route.with(ai);
  }

  private static RouteMatch match(Section match) {
    for (var host : match.list("hosts")) {
      if (!HOST.matcher(host.asText()).matches()) {
        host.report("expected: a host name without port, *.example.org or *");
      }
    }
    return new RouteMatch(
        match.texts("hosts"),
        path(match.section("path")),
        match.texts("methods"),
        fields(match, "headers"),
        fields(match, "query"));
  }

  private static PathMatch path(Section path) {
    if (path.has("exact")) {
      return new PathMatch.Exact(path.text("exact", ""));
    }
    if (path.has("regex")) {
      try {
        return new PathMatch.Regex(path.text("regex", ""));
      } catch (IllegalArgumentException e) {
        path.report("regex", expectation(e));
      }
    }
    var prefix = path.text("prefix", "");
    return new PathMatch.Prefix(prefix.equals("/") ? "" : prefix);
  }

  /** The value stands before the message already. */
  static String expectation(IllegalArgumentException problem) {
    return String.valueOf(problem.getMessage()).replaceFirst("^.*?\\((expected: .*)\\)$", "$1");
  }

  private static List<FieldMatch> fields(Section match, String list) {
    var fields = new ArrayList<FieldMatch>();
    for (var field : match.mappings(list)) {
      var name = field.text("name", "");
      try {
        fields.add(
            new FieldMatch(
                list.equals("headers") ? name.toLowerCase(Locale.ROOT) : name, value(field)));
      } catch (IllegalArgumentException e) {
        field.report("regex", expectation(e));
      }
    }
    return fields;
  }

  static ValueMatch value(Section field) {
    if (field.has("exact")) {
      return new ValueMatch.Exact(field.text("exact", ""));
    }
    if (field.has("prefix")) {
      return new ValueMatch.Prefix(field.text("prefix", ""));
    }
    if (field.has("suffix")) {
      return new ValueMatch.Suffix(field.text("suffix", ""));
    }
    if (field.has("regex")) {
      return new ValueMatch.Regex(field.text("regex", ""));
    }
    return field.flag("present") ? new ValueMatch.Present() : new ValueMatch.Absent();
  }

  private List<Target> targets(Section route) {
    if (route.has("ai") && !route.has("upstream") && !route.has("split")) {
      return providers(route);
    }
    if (route.has("upstream") == route.has("split")) {
      route.report("has no or two kinds of target (expected: upstream or split)");
    }
    if (route.has("upstream")) {
      var name = route.text("upstream", "");
      names.require("upstreams", name, route, "upstream");
      return List.of(new Target(name, 1));
    }
    var targets = new ArrayList<Target>();
    int sum = 0;
    for (var item : route.mappings("split")) {
      var name = item.text("upstream", "");
      names.require("upstreams", name, item, "upstream");
      int weight = Math.clamp(item.integer("weight", 1), 0, 1_000_000);
      sum += weight;
      targets.add(new Target(name, weight));
    }
    if (!targets.isEmpty() && sum == 0) {
      route.report("split", "all weights are 0 (expected: at least one above)");
    }
    return targets;
  }

  /** A route of LLM calls without upstreams of its own leads to all providers. */
  private List<Target> providers(Section route) {
    var known = names.all("providers");
    if (known.isEmpty() || names.all("models").isEmpty()) {
      route.report(
          "ai", "has nowhere to go (expected: providers and models, or an upstream of the route)");
    }
    return known.stream().map(name -> new Target(ProviderSpec.upstreamName(name), 1)).toList();
  }

  /** Decodes the plugins that a route or listener attaches, which have to be of a type. */
  List<PluginBinding> plugins(Section route, String type) {
    var bindings = new ArrayList<PluginBinding>();
    var seen = new HashSet<String>();
    for (var item : route.list("plugins")) {
      boolean plain = item.value().isString();
      var name = plain ? item.asText() : item.text("name", "");
      names.requirePlugin(name, type, item, plain ? "" : "name");
      if (!name.isEmpty() && !seen.add(name)) {
        item.report("plugin \"" + name + "\" is attached twice (expected: once)");
      }
      bindings.add(
          new PluginBinding(
              name, item.has("pluginConfig") ? item.node("pluginConfig").toString() : null));
    }
    return bindings;
  }

  private static RetryPolicy retry(Section retry) {
    if (retry.value().isMissingNode()) {
      return RetryPolicy.NONE;
    }
    Set<Integer> statuses = new HashSet<>();
    Set<String> events = new HashSet<>();
    for (var item : retry.list("on")) {
      if (item.value().isInt()) {
        statuses.add(item.value().asInt());
      } else {
        events.add(item.asText());
      }
    }
    boolean any = retry.has("on");
    return new RetryPolicy(
        Math.clamp(retry.integer("attempts", 1), 0, 10),
        !any || events.contains("connect_failure"),
        events.contains("reset"),
        events.contains("timeout"),
        statuses,
        retry.duration("perTryTimeout", Duration.ZERO));
  }
}
