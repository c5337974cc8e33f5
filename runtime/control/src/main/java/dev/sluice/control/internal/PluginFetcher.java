package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig;
import dev.sluice.control.GatewayConfig.PluginConfig;
import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Phase;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.VmSpec;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Gets the artifacts of a configuration's plugins, all at once, and checks them against it. */
final class PluginFetcher {
  private static final Set<String> ALWAYS = Set.of("log", "clock", "time", "patterns", "metrics");

  private final ArtifactResolver resolver;

  PluginFetcher(ArtifactResolver resolver) {
    this.resolver = resolver;
  }

  /**
   * Returns the plugins whose entries are what they were and that nobody asks for by name: a change
   * of something else must not roll out what a tag leads to by now. So it is in Istio, where {@code
   * Always} pulls when the resource changes.
   *
   * @param what names the change
   */
  static Set<String> settled(ConfigLoader.Loaded before, ConfigLoader.Loaded now, String what) {
    var then = entries(before);
    Set<String> settled = new HashSet<>();
    entries(now)
        .forEach(
            (name, entry) -> {
              if (entry.equals(then.get(name)) && !what.equals("PUT /plugins/" + name)) {
                settled.add(name);
              }
            });
    return settled;
  }

  private static Map<String, JsonNode> entries(ConfigLoader.Loaded loaded) {
    Map<String, JsonNode> entries = new HashMap<>();
    for (var entry : loaded.document().root().path("plugins")) {
      entries.put(entry.path("name").asString(""), entry);
    }
    return entries;
  }

  /**
   * Gets all plugins; what is wrong is reported to the document.
   *
   * @param settled plugins whose tag is not asked for again while the cache knows it
   * @param states learns of {@code fetching} and {@code verifying}
   */
  List<PluginSpec> fetch(
      ConfigLoader.Loaded loaded, Set<String> settled, BiConsumer<String, String> states) {
    var plugins = loaded.config().plugins();
    var asked = resolver.with(loaded.config().registries());
    var tasks = new ArrayList<Callable<PluginArtifact>>();
    for (var plugin : plugins) {
      tasks.add(
          () -> {
            states.accept(plugin.name(), "fetching");
            var policy =
                settled.contains(plugin.name())
                    ? PullPolicy.IF_NOT_PRESENT
                    : plugin.imagePullPolicy();
            return asked.resolve(request(plugin, policy), Progress.NONE);
          });
    }
    var specs = new ArrayList<PluginSpec>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = threads.invokeAll(tasks);
      for (int i = 0; i < plugins.size(); i++) {
        try {
          states.accept(plugins.get(i).name(), "verifying");
          specs.add(new Check(loaded, i).spec(results.get(i).get()));
        } catch (ExecutionException e) {
          var cause = e.getCause();
          if (!(cause instanceof RegistryException || cause instanceof UncheckedIOException)) {
            throw new IllegalStateException("fetching plugin " + plugins.get(i).name(), cause);
          }
          loaded
              .document()
              .report("plugins[" + i + "].url", null, String.valueOf(cause.getMessage()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      loaded.document().report("plugins", null, "interrupted while fetching");
    }
    return specs;
  }

  /**
   * Asks for a plugin's tag again, whatever its policy; the next fetch finds what came.
   *
   * @return the digest that the tag has now
   * @throws RegistryException when it cannot be had or is refused; the cache does not help out
   */
  String refresh(GatewayConfig config, PluginConfig plugin) {
    return resolver
        .with(config.registries())
        .refresh(request(plugin, plugin.imagePullPolicy()), Progress.NONE)
        .digest()
        .toString();
  }

  private Request request(PluginConfig plugin, @Nullable PullPolicy policy) {
    return new Request(
        resolver.parse(plugin.url()),
        plugin.sha256() == null ? null : new Digest(plugin.sha256()),
        policy,
        plugin.imagePullSecret(),
        plugin.plainHttp(),
        plugin.verify());
  }

  /** Holds one artifact against its entry in the configuration. */
  private static final class Check {
    private final ConfigLoader.Loaded loaded;
    private final PluginConfig plugin;
    private final int index;
    private final String path;

    Check(ConfigLoader.Loaded loaded, int index) {
      this.loaded = loaded;
      this.plugin = loaded.config().plugins().get(index);
      this.index = index;
      this.path = "plugins[" + index + "]";
    }

    PluginSpec spec(PluginArtifact artifact) {
      var manifest = artifact.manifest();
      checkConfiguration(artifact);
      var engine = plugin.engine() == null ? artifact.engine() : plugin.engine();
      var phase = plugin.phase();
      if (phase == null) {
        phase = manifest.map(PluginManifest::phase).orElse(Phase.UNSPECIFIED);
      }
      var priority = plugin.priority();
      if (priority == null) {
        priority = manifest.map(m -> m.priority().orElse(0)).orElse(0);
      }
      var vm =
          new VmSpec(
              engine,
              new PluginSource(
                  plugin.name(),
                  artifact.version(),
                  artifact.digest().toString(),
                  artifact.file(),
                  manifest.map(PluginManifest::entry).orElse("")),
              plugin.vmConfig().vmId(),
              plugin.vmConfig().configuration(),
              plugin.vmConfig().env(),
              plugin.limits(),
              grants(manifest.map(PluginManifest::capabilities).orElse(List.of())),
              plugin.trusted());
      return new PluginSpec(
          vm, plugin.rootId(), plugin.pluginConfig(), phase, priority, plugin.failStrategy());
    }

    private Grants grants(List<String> capabilities) {
      var granted = plugin.grants();
      if (granted == null) {
        var upstreams = new HashSet<String>();
        loaded.config().upstreams().forEach(upstream -> upstreams.add(upstream.name()));
        var services = new HashSet<>(capabilities);
        services.removeAll(ALWAYS);
        return new Grants(
            services.remove("http") ? upstreams : Set.of(),
            services.remove("grpc") ? upstreams : Set.of(),
            services.remove("redis") ? upstreams : Set.of(),
            services);
      }
      var missing = capabilities.stream().filter(name -> !granted.allows(name)).toList();
      if (!missing.isEmpty()) {
        var yaml = new ArrayList<String>();
        for (var name : missing) {
          boolean upstreams = Set.of("http", "grpc", "redis").contains(name);
          yaml.add(name + (upstreams ? ": [UPSTREAM]" : ": {}"));
        }
        loaded
            .document()
            .report(
                path,
                null,
                "plugin "
                    + plugin.name()
                    + " asks for "
                    + missing
                    + ", which it was not granted; to grant it, add `grants: {"
                    + String.join(", ", yaml)
                    + "}` or `grants: requested`");
      }
      return granted;
    }

    private void checkConfiguration(PluginArtifact artifact) {
      if (artifact.configSchema().isEmpty()) {
        return;
      }
      SchemaCheck schema;
      try {
        schema = SchemaCheck.of(artifact.configSchema().get());
      } catch (IllegalArgumentException e) {
        loaded.document().report(path + ".url", null, "its configSchema is " + e.getMessage());
        return;
      }
      configurations().forEach((at, node) -> check(schema, at, node));
    }

    /** Returns every configuration that the plugin gets, by its path. */
    private Map<String, JsonNode> configurations() {
      Map<String, JsonNode> found = new LinkedHashMap<>();
      var entry = loaded.document().root().at("/plugins/" + index);
      var field = entry.has("defaultConfig") ? "defaultConfig" : "pluginConfig";
      var rules = entry.path("matchRules");
      if (rules.isMissingNode() || entry.has(field)) {
        found.put(path + "." + field, entry.path(field));
      }
      for (int i = 0; i < rules.size(); i++) {
        if (!rules.get(i).path("configDisable").asBoolean(false)) {
          found.put(path + ".matchRules[" + i + "].config", rules.get(i).path("config"));
        }
      }
      int r = 0;
      for (var route : loaded.document().root().path("routes")) {
        int b = 0;
        for (var binding : route.path("plugins")) {
          if (binding.path("name").asString("").equals(plugin.name())
              && binding.has("pluginConfig")) {
            found.put(
                "routes[" + r + "].plugins[" + b + "].pluginConfig", binding.path("pluginConfig"));
          }
          b++;
        }
        r++;
      }
      return found;
    }

    private void check(SchemaCheck schema, String at, JsonNode node) {
      var given = node.isMissingNode() ? JsonMapper.shared().createObjectNode() : node;
      for (var finding : schema.check(given)) {
        var separator = finding.path().isEmpty() || finding.path().startsWith("[") ? "" : ".";
        loaded
            .document()
            .report(at + separator + finding.path(), finding.value(), finding.message());
      }
    }
  }
}
