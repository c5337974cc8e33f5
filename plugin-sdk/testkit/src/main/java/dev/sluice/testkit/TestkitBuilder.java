package dev.sluice.testkit;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.SnapshotReader;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.PluginPackage;
import dev.sluice.testkit.internal.Folder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Sets a {@link PluginTestkit} up. Not thread-safe. */
public final class TestkitBuilder {
  /** The upstream of the test's one route. */
  static final String UPSTREAM = "upstream";

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final String TAG = "test";
  private static final String START_TIME = "2m";

  private final PluginPackage plugin;
  private final ObjectNode entry = JsonMapper.shared().createObjectNode();
  private final Set<String> upstreams = new LinkedHashSet<>();
  private List<PluginEngine> engines = List.of();
  private @Nullable Path codeCache;
  private Instant now = START;

  TestkitBuilder(Path plugin) {
    this.plugin = PluginPackage.of(plugin);
    upstreams.add(UPSTREAM);
  }

  /** Sets {@code pluginConfig}, as JSON. */
  public TestkitBuilder configuration(String json) {
    entry.set("pluginConfig", JsonMapper.shared().readTree(json));
    return this;
  }

  /**
   * Sets fields of the plugin's entry in the configuration of a gateway, such as {@code {"limits":
   * {"callTime": "1s"}, "failStrategy": "FAIL_OPEN"}}. Unless {@code grants} is among them, the
   * plugin is granted what its manifest asks for.
   */
  public TestkitBuilder entry(String json) {
    try {
      if (JsonMapper.shared().readTree(json) instanceof ObjectNode fields) {
        entry.setAll(fields);
        return this;
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("entry: " + json + " (expected: JSON)", e);
    }
    throw new IllegalArgumentException("entry: " + json + " (expected: a JSON object)");
  }

  /** Names upstreams that the plugin may call, if it is granted. */
  public TestkitBuilder upstreams(String... names) {
    upstreams.addAll(List.of(names));
    return this;
  }

  /** Sets what time it is at first; 2026-01-01T00:00:00Z by default. */
  public TestkitBuilder clock(Instant instant) {
    now = instant;
    return this;
  }

  /** Sets the engines, which are then left open; by default each test has its own. */
  TestkitBuilder engines(List<PluginEngine> list) {
    engines = list;
    return this;
  }

  /** Keeps compiled modules in a folder of the user's own (mode 0700) for the next test. */
  public TestkitBuilder codeCache(Path folder) {
    codeCache = folder;
    return this;
  }

  /**
   * Starts the plugin.
   *
   * @throws ConfigException when its configuration is refused by its schema, or an entry is wrong
   * @throws TestkitException when it does not start, with what it logged
   */
  public PluginTestkit start() {
    return new PluginTestkit(now, engines, codeCache, snapshot());
  }

  private SnapshotSpec snapshot() {
    try (var folder = Folder.temporary("sluice-testkit-")) {
      plugin.writeTo(OciLayout.create(folder.path().resolve("oci")), TAG);
      var config = gateway("oci-layout:" + folder.path().resolve("oci") + ":" + TAG);
      // What the engine reads it reads when it starts; so the folder is the process' own.
      return SnapshotReader.read(
          config.toString(), "test", folder.path(), Folder.ofProcess().resolve("artifacts"));
    } catch (ConfigException e) {
      throw new ConfigException(e.problems().stream().map(TestkitBuilder::ofEntry).toList());
    }
  }

  /** Leaves out of a problem what only the made-up configuration has. */
  private static ConfigProblem ofEntry(ConfigProblem problem) {
    var path = problem.path().replaceFirst("^plugins\\[0]\\.?", "");
    return new ConfigProblem(problem.file(), 0, 0, path, problem.value(), problem.message());
  }

  private ObjectNode gateway(String url) {
    var name = plugin.plugin().map(PluginManifest::name).orElse("plugin");
    var json = JsonMapper.shared().createObjectNode();
    json.putArray("listeners").addObject().put("name", "test").put("address", "127.0.0.1:0");
    json.putObject("accessLog");
    var list = json.putArray("upstreams");
    int port = 1;
    for (var upstream : new ArrayList<>(upstreams)) {
      var item = list.addObject().put("name", upstream);
      item.putArray("endpoints").addObject().put("address", "127.0.0.1:" + port++);
    }
    var route = json.putArray("routes").addObject().put("name", "test").put("upstream", UPSTREAM);
    route.putObject("match").putObject("path").put("prefix", "/");
    route.putArray("plugins").add(name);
    var plugins = json.putArray("plugins").addObject();
    plugins.put("name", name).put("url", url).put("grants", "requested").put("trusted", true);
    plugins.setAll(entry);
    // How long a start takes says more of the machine than of the plugin.
    if (!plugins.path("limits").has("startTime")) {
      plugins.withObject("/limits").put("startTime", START_TIME);
    }
    return json;
  }
}
