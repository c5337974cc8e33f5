package dev.sluice.control.internal;

import dev.sluice.control.internal.Controller.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Carries out the changes that the admin API asks for; they live in memory. */
final class AdminChanges {
  private static final String NAME = "request";

  private final Controller controller;

  AdminChanges(Controller controller) {
    this.controller = controller;
  }

  /** Replaces the whole configuration, or only checks it. */
  void putConfig(AdminRequest request, boolean dryRun) {
    var given = YamlReader.read(request.text(), NAME);
    locked(
        request,
        () -> {
          var now = controller.inForce().loaded().raw();
          var source = given.with(Secrets.restore(given.raw(), now));
          if (dryRun) {
            controller.dryRun(source);
          } else {
            controller.applyChange(source, "PUT /config");
          }
        });
  }

  /** Adds a plugin or replaces its entry. */
  void putPlugin(String name, AdminRequest request) {
    var given = YamlReader.read(request.text(), NAME);
    var entry = given.raw();
    if (entry.has("name") && !entry.path("name").asString("").equals(name)) {
      throw AdminRefusal.badRequest(
          "name: " + entry.get("name") + " (expected: \"" + name + "\", as in the path)");
    }
    entry.put("name", name);
    locked(
        request,
        () -> {
          var root = controller.inForce().loaded().raw().deepCopy();
          int at = replace(root, name, entry);
          controller.applyChange(given.within("plugins[" + at + "]", root), "PUT /plugins/" + name);
        });
  }

  /** Puts an entry in the place of that of the same name, or at the end; returns its place. */
  private static int replace(ObjectNode root, String name, ObjectNode entry) {
    var plugins =
        root.path("plugins") instanceof ArrayNode array ? array : root.putArray("plugins");
    int at = indexOf(root, name);
    if (at < 0) {
      plugins.add(entry);
      return plugins.size() - 1;
    }
    var now = plugins.get(at);
    plugins.set(at, now instanceof ObjectNode old ? Secrets.restore(entry, old) : entry);
    return at;
  }

  private static int indexOf(ObjectNode root, String name) {
    int index = 0;
    for (var plugin : root.path("plugins")) {
      if (plugin.path("name").asString("").equals(name)) {
        return index;
      }
      index++;
    }
    return -1;
  }

  /** Removes a plugin; 409 while a route or listener names it. */
  void deletePlugin(String name, AdminRequest request) {
    locked(
        request,
        () -> {
          var root = controller.inForce().loaded().raw().deepCopy();
          int at = known(root, name);
          refuseWhenUsed(root, "routes", name);
          refuseWhenUsed(root, "listeners", name);
          root.withArray("plugins").remove(at);
          controller.applyChange(generated(root), "DELETE /plugins/" + name);
        });
  }

  private static int known(ObjectNode root, String name) {
    int at = indexOf(root, name);
    if (at < 0) {
      throw new AdminRefusal(404, "not_found", "no plugin " + name);
    }
    return at;
  }

  private static void refuseWhenUsed(ObjectNode root, String list, String name) {
    var users = new ArrayList<String>();
    for (var user : root.path(list)) {
      for (var plugin : user.path("plugins")) {
        var used = plugin.isString() ? plugin.asString() : plugin.path("name").asString("");
        if (used.equals(name)) {
          users.add(user.path("name").asString(""));
        }
      }
    }
    if (!users.isEmpty()) {
      throw new AdminRefusal(
          409, "in_use", "plugin " + name + " is named by " + list + " " + users);
    }
  }

  /**
   * Puts the version back that served before, pinned to its digest; a version that has only a share
   * of exchanges loses that.
   */
  void rollback(String name, AdminRequest request) {
    locked(
        request,
        () -> {
          var running = running(name);
          if (running.isPresent()) {
            controller
                .rolloutChanges()
                .rollBack(name, running.get().id(), "the admin API asked for it");
            return;
          }
          var root = controller.inForce().loaded().raw().deepCopy();
          known(root, name);
          var previous = controller.history().previous(name).orElseThrow(() -> nothingBefore(name));
          var entry = previous.entry().deepCopy();
          entry.put("sha256", previous.digest().replace("sha256:", ""));
          replace(root, name, entry);
          controller.applyAtOnce(generated(root), "POST /plugins/" + name + "/rollback", name);
          controller.history().rolledBack(name, previous);
        });
  }

  /** Gives all exchanges to a new version that has a share of them. */
  void promote(String name, AdminRequest request) {
    locked(
        request,
        () -> {
          known(controller.inForce().loaded().raw(), name);
          var running =
              running(name)
                  .orElseThrow(
                      () ->
                          new AdminRefusal(
                              409,
                              "no_canary",
                              "plugin " + name + " has no new version with a share of exchanges"));
          controller.rolloutChanges().promote(name, running.id());
        });
  }

  private Optional<Rollout> running(String name) {
    return controller.rollouts().of(name).filter(r -> r.state() == Rollout.State.RUNNING);
  }

  private static AdminRefusal nothingBefore(String name) {
    return new AdminRefusal(409, "no_previous", "plugin " + name + " has no version before");
  }

  private static ConfigSource generated(ObjectNode root) {
    return new ConfigSource(NAME, root, Map.of(), List.of());
  }

  private void locked(AdminRequest request, Runnable change) {
    controller.locked(
        () -> {
          if (controller.isDraining()) {
            throw new AdminRefusal(503, "draining", "the gateway is draining");
          }
          checkMatch(request.header("if-match"), controller.inForce());
          change.run();
        });
  }

  private static void checkMatch(@Nullable String wanted, Applied applied) {
    if (wanted == null || wanted.strip().equals("*")) {
      return;
    }
    for (var tag : wanted.split(",", -1)) {
      if (tag.strip().equals(applied.etag())) {
        return;
      }
    }
    throw new AdminRefusal(
        412,
        "precondition_failed",
        "if-match: " + wanted + " (expected: " + applied.etag() + "); someone else changed it");
  }
}
