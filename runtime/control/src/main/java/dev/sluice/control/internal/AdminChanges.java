package dev.sluice.control.internal;

import dev.sluice.control.internal.Controller.Applied;
import dev.sluice.control.internal.Controller.Origin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Carries out the changes that the admin API asks for; they live in memory. */
final class AdminChanges {
  private static final String NAME = "request";

  private final Controller controller;

  AdminChanges(Controller controller) {
    this.controller = controller;
  }

  /** Reports a request that cannot be carried out. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }

    int status() {
      return status;
    }

    String code() {
      return code;
    }
  }

  /** Replaces the whole configuration, or only checks it with {@code ?dryRun=true}. */
  void putConfig(AdminRequest request) {
    controller.locked(
        () -> {
          var applied = controller.inForce();
          checkMatch(request, applied);
          var text = request.text();
          if (text.contains("***")) {
            var document = parse(text);
            text = Secrets.restore(document, applied.loaded().raw()).toString();
          }
          if (request.flag("dryRun")) {
            controller.dryRun(text, NAME);
          } else {
            controller.apply(text, NAME, Origin.API, "PUT /config");
          }
        });
  }

  private static ObjectNode parse(String text) {
    return YamlReader.read(text, NAME, new Substitution(System::getenv, Path.of("."))).raw();
  }

  /** Adds a plugin or replaces its entry. */
  void putPlugin(String name, AdminRequest request) {
    var entry = parse(request.text());
    var given = entry.path("name").asString(name);
    if (!given.equals(name)) {
      throw new Refusal(
          400,
          "bad_request",
          "name: \"" + given + "\" (expected: \"" + name + "\", as in the path)");
    }
    var named = entry.deepCopy();
    named.put("name", name);
    change(request, "PUT /plugins/" + name, root -> replace(root, name, named));
  }

  private static ObjectNode replace(ObjectNode root, String name, ObjectNode entry) {
    var plugins =
        root.path("plugins") instanceof ArrayNode array ? array : root.putArray("plugins");
    for (int i = 0; i < plugins.size(); i++) {
      if (plugins.get(i).path("name").asString("").equals(name)) {
        var now = plugins.get(i);
        plugins.set(i, now instanceof ObjectNode old ? Secrets.restore(entry, old) : entry);
        return root;
      }
    }
    plugins.add(entry);
    return root;
  }

  /** Removes a plugin; 409 while a route names it. */
  void deletePlugin(String name, AdminRequest request) {
    change(
        request,
        "DELETE /plugins/" + name,
        root -> {
          var users = users(root, name);
          if (!users.isEmpty()) {
            throw new Refusal(409, "in_use", "plugin " + name + " is named by routes " + users);
          }
          if (root.path("plugins") instanceof ArrayNode plugins) {
            for (int i = 0; i < plugins.size(); i++) {
              if (plugins.get(i).path("name").asString("").equals(name)) {
                plugins.remove(i);
                return root;
              }
            }
          }
          throw new Refusal(404, "not_found", "no plugin " + name);
        });
  }

  private static List<String> users(ObjectNode root, String name) {
    var users = new ArrayList<String>();
    for (var route : root.path("routes")) {
      for (var plugin : route.path("plugins")) {
        var used = plugin.isString() ? plugin.asString() : plugin.path("name").asString("");
        if (used.equals(name)) {
          users.add(route.path("name").asString(""));
        }
      }
    }
    return users;
  }

  /** Puts the version back that served before, pinned to its digest. */
  void rollback(String name) {
    controller.locked(
        () -> {
          var previous =
              controller
                  .history()
                  .previous(name)
                  .orElseThrow(
                      () ->
                          new Refusal(
                              409, "no_previous", "plugin " + name + " has no version before"));
          var entry = previous.entry().deepCopy();
          entry.put("sha256", previous.digest().replace("sha256:", ""));
          apply("POST /plugins/" + name + "/rollback", root -> replace(root, name, entry));
          // The version left and the pinned one that now serves are no steps back.
          controller.history().forgetNewest(name, 2);
        });
  }

  private void change(AdminRequest request, String what, UnaryOperator<ObjectNode> change) {
    controller.locked(
        () -> {
          checkMatch(request, controller.inForce());
          apply(what, change);
        });
  }

  private void apply(String what, UnaryOperator<ObjectNode> change) {
    var root = change.apply(controller.inForce().loaded().raw().deepCopy());
    controller.apply(root.toString(), NAME, Origin.API, what);
  }

  private static void checkMatch(AdminRequest request, Applied applied) {
    var wanted = request.header("if-match");
    if (wanted != null && !wanted.equals("*") && !wanted.equals(applied.etag())) {
      throw new Refusal(
          412,
          "precondition_failed",
          "if-match: " + wanted + " (expected: " + applied.etag() + "); someone else changed it");
    }
  }
}
