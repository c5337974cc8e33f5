package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.registry.RegistryException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers the requests of the admin API (design.md section 8). Thread-safe; may block. */
final class AdminApi {
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final String NAME = "{name}";

  private final Controller controller;
  private final LoopWatch loops;
  private final AdminViews views;
  private final AdminChanges changes;
  private final Runnable onDrain;
  private final Map<String, Endpoint> endpoints = new LinkedHashMap<>();

  AdminApi(
      Controller controller,
      Supplier<String> scrape,
      UsageApi usage,
      LoopWatch loops,
      Runnable onDrain) {
    this.controller = controller;
    this.loops = loops;
    this.views = new AdminViews(controller);
    this.changes = new AdminChanges(controller);
    this.onDrain = onDrain;
    at("/healthz").on("GET", call -> AdminResponse.text(200, "text/plain", "ok\n"));
    at("/readyz").on("GET", call -> ready());
    at("/metrics").on("GET", call -> AdminResponse.text(200, PROMETHEUS, scrape.get()));
    at("/openapi.json")
        .on(
            "GET",
            call -> AdminResponse.text(200, "application/json", Resources.text("openapi.json")));
    at("/config").on("GET", call -> config()).on("PUT", this::putConfig);
    at("/config/status").on("GET", call -> AdminResponse.json(200, views.status()));
    at("/routes").on("GET", call -> AdminResponse.json(200, views.routes()));
    at("/upstreams").on("GET", call -> AdminResponse.json(200, views.upstreams()));
    at("/plugins").on("GET", call -> AdminResponse.json(200, views.plugins()));
    at("/plugins/{name}")
        .on("GET", call -> plugin(call.name))
        .on("PUT", this::putPlugin)
        .on("DELETE", this::deletePlugin);
    at("/plugins/{name}/rollback").on("POST", this::rollback);
    at("/plugins/{name}/promote").on("POST", this::promote);
    at("/plugins/{name}" + Controller.REFRESH).on("POST", this::refresh);
    at("/ai/usage").on("GET", call -> usage.answer(call.request));
    at("/ai/models")
        .on("GET", call -> AdminResponse.json(200, RoutingView.of(controller.routing())));
    at("/drain").on("POST", call -> drain());
  }

  /** Is a request with the name in its path, or an empty string. */
  private record Call(AdminRequest request, String name) {}

  /** Is a path with what its methods do. */
  private static final class Endpoint {
    private final List<String> segments;
    private final Map<String, Function<Call, AdminResponse>> methods = new LinkedHashMap<>();

    Endpoint(String path) {
      this.segments = List.of(path.substring(1).split("/", -1));
    }

    Endpoint on(String method, Function<Call, AdminResponse> answer) {
      methods.put(method, answer);
      if (method.equals("GET")) {
        methods.put("HEAD", answer);
      }
      return this;
    }

    /** Returns the name in a path, an empty string when there is none, or null for another path. */
    @Nullable String match(List<String> path) {
      if (path.size() != segments.size()) {
        return null;
      }
      var name = "";
      for (int i = 0; i < path.size(); i++) {
        if (segments.get(i).equals(NAME) && !path.get(i).isEmpty()) {
          name = path.get(i);
        } else if (!segments.get(i).equals(path.get(i))) {
          return null;
        }
      }
      return name;
    }
  }

  private Endpoint at(String path) {
    return endpoints.computeIfAbsent(path, Endpoint::new);
  }

  /** Returns every path with its methods. */
  Map<String, Set<String>> paths() {
    Map<String, Set<String>> paths = new TreeMap<>();
    endpoints.forEach(
        (path, endpoint) -> paths.put(path, new TreeSet<>(endpoint.methods.keySet())));
    return paths;
  }

  AdminResponse answer(AdminRequest request) {
    try {
      var path = request.segments();
      for (var endpoint : endpoints.values()) {
        var name = endpoint.match(path);
        if (name != null) {
          return answer(endpoint, new Call(request, name));
        }
      }
      return AdminResponse.problem(404, "not_found", "no such path: " + request.path());
    } catch (ConfigException e) {
      return refused(e);
    } catch (AdminRefusal e) {
      return AdminResponse.problem(e.status(), e.code(), String.valueOf(e.getMessage()));
    }
  }

  private static AdminResponse answer(Endpoint endpoint, Call call) {
    var method = call.request.method();
    var answer = endpoint.methods.get(method);
    if (answer != null) {
      return answer.apply(call);
    }
    var allowed = String.join(", ", endpoint.methods.keySet());
    return AdminResponse.problem(
            405, "method_not_allowed", "method " + method + " (expected: " + allowed + ")")
        .with("allow", allowed);
  }

  private AdminResponse ready() {
    var reason = notReady();
    return reason == null
        ? AdminResponse.text(200, "text/plain", "ready\n")
        : AdminResponse.text(503, "text/plain", reason + "\n");
  }

  private @Nullable String notReady() {
    if (controller.applied() == null) {
      return "no configuration serves yet";
    }
    if (controller.isDraining()) {
      return "draining";
    }
    return loops.isStuck() ? "an event loop is stuck" : null;
  }

  private AdminResponse drain() {
    onDrain.run();
    return AdminResponse.text(202, "text/plain", "draining\n");
  }

  private AdminResponse config() {
    var applied = controller.inForce();
    return AdminResponse.json(200, Secrets.mask(applied.loaded().raw()))
        .with("etag", applied.etag());
  }

  private AdminResponse putConfig(Call call) {
    boolean dryRun = dryRun(call.request.query());
    changes.putConfig(call.request, dryRun);
    return AdminResponse.json(200, views.status().put("dryRun", dryRun))
        .with("etag", controller.inForce().etag());
  }

  /** A misspelt parameter must not turn a check into a change. */
  private static boolean dryRun(Map<String, String> query) {
    for (var name : query.keySet()) {
      if (!name.equals("dryRun")) {
        throw AdminRefusal.badRequest("query parameter \"" + name + "\" (expected: dryRun)");
      }
    }
    var value = query.getOrDefault("dryRun", "false");
    if (!value.equals("true") && !value.equals("false")) {
      throw AdminRefusal.badRequest("dryRun: \"" + value + "\" (expected: true or false)");
    }
    return value.equals("true");
  }

  private AdminResponse plugin(String name) {
    var found = views.plugin(name);
    return found == null
        ? AdminResponse.problem(404, "not_found", "no plugin " + name)
        : AdminResponse.json(200, found).with("etag", controller.inForce().etag());
  }

  private AdminResponse putPlugin(Call call) {
    changes.putPlugin(call.name, call.request);
    return plugin(call.name);
  }

  private AdminResponse deletePlugin(Call call) {
    changes.deletePlugin(call.name, call.request);
    return AdminResponse.none().with("etag", controller.inForce().etag());
  }

  private AdminResponse rollback(Call call) {
    changes.rollback(call.name, call.request);
    return plugin(call.name);
  }

  private AdminResponse promote(Call call) {
    changes.promote(call.name, call.request);
    return plugin(call.name);
  }

  private AdminResponse refresh(Call call) {
    if (controller.isDraining()) {
      throw new AdminRefusal(503, "draining", "the gateway is draining");
    }
    try {
      controller.refresh(call.name);
    } catch (RegistryException e) {
      int status = e.reason() == RegistryException.Reason.UNAVAILABLE ? 502 : 422;
      throw new AdminRefusal(status, "plugin_refused", String.valueOf(e.getMessage()));
    }
    return plugin(call.name);
  }

  private static AdminResponse refused(ConfigException e) {
    var body = JsonMapper.shared().createObjectNode();
    body.put("status", 422);
    body.put("code", "invalid_config");
    body.put("detail", "nothing has changed");
    body.set("errors", problems(e.problems()));
    return AdminResponse.text(422, "application/problem+json", body.toPrettyString() + "\n");
  }

  /** Returns problems as JSON. */
  static ArrayNode problems(List<ConfigProblem> problems) {
    var list = JsonMapper.shared().createArrayNode();
    for (var problem : problems) {
      ObjectNode error = list.addObject();
      error.put("file", problem.file());
      error.put("line", problem.line());
      error.put("column", problem.column());
      error.put("path", problem.path());
      error.put("value", problem.value());
      error.put("message", problem.message());
    }
    return list;
  }
}
