package dev.sluice.control.internal;

import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.CanaryStatus;
import dev.sluice.proxy.CanaryStatus.Counts;
import dev.sluice.proxy.PluginStatus;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Shows how the gateway fares, as JSON. */
final class AdminViews {
  private final Controller controller;

  AdminViews(Controller controller) {
    this.controller = controller;
  }

  ArrayNode routes() {
    var routes = JsonMapper.shared().createArrayNode();
    for (var route : controller.proxy().status().routes()) {
      var node = routes.addObject();
      node.put("name", route.name());
      node.put("requests", route.requests());
      node.put("active", route.active());
      var plugins = node.putArray("plugins");
      route.plugins().forEach(plugins::add);
    }
    return routes;
  }

  ArrayNode upstreams() {
    var upstreams = JsonMapper.shared().createArrayNode();
    for (var upstream : controller.proxy().status().upstreams()) {
      var node = upstreams.addObject();
      node.put("name", upstream.name());
      node.put("active", upstream.active());
      node.put("pending", upstream.pending());
      node.put("rejected", upstream.rejected());
      var endpoints = node.putArray("endpoints");
      for (var endpoint : upstream.endpoints()) {
        var item = endpoints.addObject();
        item.put("address", endpoint.address());
        item.put("active", endpoint.active());
        item.put("requests", endpoint.requests());
        item.put("connectFailures", endpoint.connectFailures());
        item.put("failures", endpoint.failures());
      }
    }
    return upstreams;
  }

  ArrayNode plugins() {
    var plugins = JsonMapper.shared().createArrayNode();
    all().values().forEach(plugins::add);
    return plugins;
  }

  @Nullable ObjectNode plugin(String name) {
    return all().get(name);
  }

  private Map<String, ObjectNode> all() {
    Map<String, ObjectNode> all = new TreeMap<>();
    var applied = controller.applied();
    if (applied != null) {
      for (var plugin : applied.loaded().config().plugins()) {
        all.put(plugin.name(), named(plugin.name()));
      }
      // The url as it was written: references in it may stand for secrets.
      for (var entry : applied.loaded().raw().path("plugins")) {
        var node = all.get(entry.path("name").asString(""));
        if (node != null) {
          node.put("url", entry.path("url").asString(""));
        }
      }
    }
    for (var status : controller.proxy().status().plugins()) {
      fill(all.computeIfAbsent(status.name(), AdminViews::named), status);
    }
    var counts = controller.proxy().canaries();
    controller.rollouts().all().forEach((name, rollout) -> canary(all.get(name), rollout, counts));
    controller
        .pluginStates()
        .forEach((name, state) -> all.computeIfAbsent(name, AdminViews::named).put("state", state));
    controller
        .rejected()
        .ifPresent(
            rejected ->
                rejected
                    .plugins()
                    .forEach(
                        (name, error) ->
                            failed(all.computeIfAbsent(name, AdminViews::named), error)));
    return all;
  }

  /** What the plugin is, most exchanges get: the version before. */
  private static void canary(
      @Nullable ObjectNode node, Rollout rollout, List<CanaryStatus> counts) {
    if (node == null) {
      return;
    }
    var before = rollout.stable().vm().source();
    node.put("version", before.version()).put("digest", before.digest());
    var canary = node.putObject("canary");
    canary.put("state", rollout.state().name().toLowerCase(Locale.ROOT));
    canary.put("version", rollout.candidate().vm().source().version());
    canary.put("digest", rollout.candidate().vm().source().digest());
    canary.put("percent", rollout.settings().share() * 100.0 / CanarySpec.ALL);
    canary.put("since", rollout.since().toString());
    if (!rollout.reason().isEmpty()) {
      canary.put("reason", rollout.reason());
    }
    for (var status : counts) {
      if (status.rollout() == rollout.id()) {
        counts(canary.putObject("exchanges"), status.canary(), status.stable(), Counts::exchanges);
        counts(canary.putObject("failures"), status.canary(), status.stable(), Counts::failures);
      }
    }
  }

  private static void counts(
      ObjectNode node, Counts canary, Counts stable, ToLongFunction<Counts> count) {
    node.put("canary", count.applyAsLong(canary)).put("stable", count.applyAsLong(stable));
  }

  /** A version before that goes on serving keeps its state. */
  private static void failed(ObjectNode node, String error) {
    node.put("error", error);
    if (!node.has("state")) {
      node.put("state", "failed");
    }
  }

  private static ObjectNode named(String name) {
    return JsonMapper.shared().createObjectNode().put("name", name);
  }

  private static void fill(ObjectNode node, PluginStatus status) {
    node.put("engine", status.engine());
    node.put("version", status.version());
    node.put("digest", status.digest());
    node.put("state", status.state().name().toLowerCase(Locale.ROOT));
    if (status.error() != null) {
      node.put("error", status.error());
    }
    node.put("since", status.since().toString());
    var routes = node.putArray("routes");
    status.routes().forEach(routes::add);
    var generations = node.putArray("generations");
    for (var generation : status.generations()) {
      generations
          .addObject()
          .put("digest", generation.digest())
          .put("exchanges", generation.exchanges())
          .put("current", generation.current());
    }
    node.put("loadTime", status.loadTime().toNanos() / 1e6 + "ms");
    node.put("vms", status.vms());
    node.put("contexts", status.contexts());
    node.put("memoryBytes", status.memoryBytes());
    node.put("calls", status.calls());
    var failures = node.putObject("failures");
    status.failures().forEach(failures::put);
    node.putObject("callTime")
        .put("p50", status.callTime().p50().toNanos() / 1e6 + "ms")
        .put("p99", status.callTime().p99().toNanos() / 1e6 + "ms");
  }

  /** Returns how the configuration in force came to be, and what became of the last change. */
  ObjectNode status() {
    var applied = controller.inForce();
    var node = JsonMapper.shared().createObjectNode();
    node.put("snapshot", controller.proxy().current().id());
    node.put("etag", applied.etag());
    node.put("since", applied.since().toString());
    var changes = node.putArray("changedByApi");
    applied.changes().forEach(changes::add);
    var later = node.putArray("restartNeeded");
    applied.restartNeeded().forEach(later::add);
    node.putObject("reloads")
        .put("success", controller.succeeded())
        .put("failure", controller.failed());
    controller
        .rejected()
        .ifPresent(
            rejected ->
                node.putObject("rejected")
                    .put("at", rejected.at().toString())
                    .put("change", rejected.change())
                    .set("errors", AdminApi.problems(rejected.problems())));
    return node;
  }
}
