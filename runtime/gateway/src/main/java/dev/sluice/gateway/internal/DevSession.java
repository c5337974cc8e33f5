package dev.sluice.gateway.internal;

import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.RegistryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Builds a plugin whenever its sources change and has a gateway serve it; what cannot be built or
 * loaded is told, and what served before goes on. {@link #run} belongs to one thread, {@link
 * #close} may be called by another.
 */
final class DevSession implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Path dir;
  private final Path folder;
  private final AdminClient client;
  private final ObjectNode fields;
  private final String name;
  private final WatchedFolder sources;
  private final @Nullable JsonNode before;
  private volatile boolean closed;
  private boolean served;
  private int builds;
  private String failures = "";

  /**
   * Begins a session.
   *
   * @param folder takes what was built
   * @param fields of the plugin's entry, where the gateway has none
   */
  DevSession(Path dir, Path folder, AdminClient client, ObjectNode fields) {
    this.dir = dir;
    this.folder = folder;
    this.client = client;
    this.fields = fields;
    name = nameOf(dir);
    sources = new WatchedFolder(dir);
    before = entryInForce();
  }

  private static String nameOf(Path dir) {
    var yaml = dir.resolve("plugin.yaml");
    try {
      return PluginManifest.parse(Files.readAllBytes(yaml), yaml.toString()).name();
    } catch (IOException e) {
      throw new CommandFailure(dir + " has no plugin.yaml (expected: a plugin's folder)", e);
    }
  }

  String name() {
    return name;
  }

  private @Nullable JsonNode entryInForce() {
    for (var plugin : client.getJson("/config").path("plugins")) {
      if (plugin.path("name").asString("").equals(name)) {
        return plugin;
      }
    }
    return null;
  }

  /** Builds and loads until it is closed. */
  void run() {
    while (!closed) {
      if (sources.hasChanged()) {
        settle();
        swap();
      }
      tellFailures();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Waits until whoever writes the sources has written them all. */
  private void settle() {
    do {
      LockSupport.parkNanos(PAUSE_NANOS);
    } while (sources.hasChanged() && !closed);
  }

  private void swap() {
    long start = System.nanoTime();
    try {
      Toolchain.build(dir);
      var packed = PluginPackage.of(dir);
      long built = System.nanoTime();
      var tag = "dev-" + ++builds;
      packed.writeTo(OciLayout.create(folder.resolve("oci")), tag);
      var entry = entry("oci-layout:" + folder.resolve("oci") + ":" + tag);
      var plugin = client.send("PUT", "/plugins/" + name, entry.toString());
      Output.say(
          "%s %s serves (built in %s, swapped in %s)"
              .formatted(
                  name,
                  plugin.path("version").asString(""),
                  millis(built - start),
                  millis(System.nanoTime() - built)));
      served = true;
    } catch (CommandFailure | RegistryException | JacksonException e) {
      if (!closed) {
        Output.say("error: " + e.getMessage());
        Output.say(
            served || before != null
                ? name + ": the version before goes on serving"
                : name + " does not serve yet");
      }
    }
  }

  private static String millis(long nanos) {
    return Duration.ofNanos(nanos).toMillis() + " ms";
  }

  /** Returns the entry that the gateway gets: the one it had, or one of its own. */
  private ObjectNode entry(String url) {
    var entry = JsonMapper.shared().createObjectNode();
    if (before == null) {
      entry.setAll(fields.deepCopy());
      ofFile().properties().forEach(field -> merge(entry, field.getKey(), field.getValue()));
      entry.put("name", name);
    } else {
      before.properties().forEach(field -> entry.set(field.getKey(), field.getValue()));
      // What was pulled is not what is built here.
      for (var field : new String[] {"sha256", "verify", "canary", "pollInterval"}) {
        entry.remove(field);
      }
    }
    return entry.put("url", url);
  }

  /** Sets a field; of limits, each by itself. */
  private static void merge(ObjectNode entry, String name, JsonNode value) {
    if (value instanceof ObjectNode more && entry.path(name) instanceof ObjectNode object) {
      object.setAll(more);
    } else {
      entry.set(name, value);
    }
  }

  /** Reads what the author wants in the entry. */
  private ObjectNode ofFile() {
    var file = dir.resolve("dev.yaml");
    if (!Files.isRegularFile(file)) {
      return JsonMapper.shared().createObjectNode();
    }
    try {
      return new YAMLMapper().readTree(Files.readString(file)) instanceof ObjectNode object
          ? object
          : fail(file, "no mapping", null);
    } catch (JacksonException e) {
      return fail(file, e.getOriginalMessage(), e);
    } catch (IOException e) {
      return fail(file, e.toString(), e);
    }
  }

  private static ObjectNode fail(Path file, String why, @Nullable Throwable cause) {
    var message = file + ": " + why + " (expected: fields of the plugin's entry, as YAML)";
    throw cause == null ? new CommandFailure(message) : new CommandFailure(message, cause);
  }

  /** Says when callbacks fail: a gateway elsewhere keeps its log to itself. */
  private void tellFailures() {
    if (!served || closed) {
      return;
    }
    try {
      var now = client.getJson("/plugins/" + name).path("failures").toString();
      if (!now.equals(failures) && !now.equals("{}")) {
        Output.say(name + ": callbacks have failed: " + now);
      }
      failures = now;
    } catch (CommandFailure e) {
      Output.say("error: " + e.getMessage());
    }
  }

  /** Stops, and gives a gateway that others started what it had before. */
  void restore() {
    if (!served) {
      return;
    }
    try {
      if (before == null) {
        client.send("DELETE", "/plugins/" + name, "");
      } else {
        client.send("PUT", "/plugins/" + name, before.toString());
      }
      Output.say(name + (before == null ? ": removed" : ": as it was before"));
    } catch (CommandFailure e) {
      Output.say("error: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
