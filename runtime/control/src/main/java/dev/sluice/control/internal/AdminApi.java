package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Answers the requests of the admin API (design.md section 8). Thread-safe; may block. */
final class AdminApi {
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final Controller controller;
  private final Supplier<String> scrape;
  private final LoopWatch loops;
  private final AdminViews views;
  private final AdminChanges changes;
  private final Runnable onDrain;

  AdminApi(Controller controller, Supplier<String> scrape, LoopWatch loops, Runnable onDrain) {
    this.controller = controller;
    this.scrape = scrape;
    this.loops = loops;
    this.views = new AdminViews(controller);
    this.changes = new AdminChanges(controller);
    this.onDrain = onDrain;
  }

  AdminResponse answer(AdminRequest request) {
    var segments = request.segments();
    try {
      return switch (segments.getFirst()) {
        case "healthz" -> only("GET", request, () -> AdminResponse.text(200, "text/plain", "ok\n"));
        case "readyz" -> only("GET", request, this::ready);
        case "metrics" ->
            only("GET", request, () -> AdminResponse.text(200, PROMETHEUS, scrape.get()));
        case "openapi.json" ->
            only(
                "GET",
                request,
                () -> AdminResponse.text(200, "application/json", Resources.text("openapi.json")));
        case "config" -> config(request);
        case "routes" -> only("GET", request, () -> AdminResponse.json(200, views.routes()));
        case "upstreams" -> only("GET", request, () -> AdminResponse.json(200, views.upstreams()));
        case "plugins" -> plugins(request, segments);
        case "drain" -> only("POST", request, this::drain);
        default -> AdminResponse.problem(404, "not_found", "no such path: " + request.path());
      };
    } catch (ConfigException e) {
      return refused(e);
    } catch (AdminChanges.Refusal e) {
      return AdminResponse.problem(e.status(), e.code(), String.valueOf(e.getMessage()));
    }
  }

  private static AdminResponse only(
      String method, AdminRequest request, Supplier<AdminResponse> answer) {
    boolean head = method.equals("GET") && request.method().equals("HEAD");
    return request.method().equals(method) || head
        ? answer.get()
        : notAllowed(request, List.of(method));
  }

  private static AdminResponse notAllowed(AdminRequest request, List<String> allowed) {
    return AdminResponse.problem(
            405, "method_not_allowed", request.method() + " (expected: " + allowed + ")")
        .with("allow", String.join(", ", allowed));
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

  private AdminResponse config(AdminRequest request) {
    return switch (request.method()) {
      case "GET", "HEAD" -> {
        var applied = controller.inForce();
        yield AdminResponse.json(200, Secrets.mask(applied.loaded().raw()))
            .with("etag", applied.etag());
      }
      case "PUT" -> {
        changes.putConfig(request);
        yield AdminResponse.json(200, views.summary(request.flag("dryRun")))
            .with("etag", controller.inForce().etag());
      }
      default -> notAllowed(request, List.of("GET", "PUT"));
    };
  }

  private AdminResponse plugins(AdminRequest request, List<String> segments) {
    if (segments.size() == 1) {
      return only("GET", request, () -> AdminResponse.json(200, views.plugins()));
    }
    var name = segments.get(1);
    if (segments.size() == 3 && segments.get(2).equals("rollback")) {
      return only(
          "POST",
          request,
          () -> {
            changes.rollback(name);
            return plugin(name);
          });
    }
    if (segments.size() != 2) {
      return AdminResponse.problem(404, "not_found", "no such path: " + request.path());
    }
    return switch (request.method()) {
      case "GET", "HEAD" -> plugin(name);
      case "PUT" -> {
        changes.putPlugin(name, request);
        yield plugin(name);
      }
      case "DELETE" -> {
        changes.deletePlugin(name, request);
        yield new AdminResponse(204, new dev.sluice.plugin.Headers(), new byte[0]);
      }
      default -> notAllowed(request, List.of("GET", "PUT", "DELETE"));
    };
  }

  private AdminResponse plugin(String name) {
    ObjectNode found = views.plugin(name);
    return found == null
        ? AdminResponse.problem(404, "not_found", "no plugin " + name)
        : AdminResponse.json(200, found).with("etag", controller.inForce().etag());
  }

  private static AdminResponse refused(ConfigException e) {
    var body = JsonMapper.shared().createObjectNode();
    body.put("status", 422);
    body.put("code", "invalid_config");
    body.put("detail", "nothing has changed");
    var errors = body.putArray("errors");
    for (var problem : e.problems()) {
      var error = errors.addObject();
      error.put("file", problem.file());
      error.put("line", problem.line());
      error.put("column", problem.column());
      error.put("path", problem.path());
      error.put("value", problem.value());
      error.put("message", problem.message());
    }
    return AdminResponse.text(422, "application/problem+json", body.toPrettyString() + "\n");
  }
}
