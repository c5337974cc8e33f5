package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.PluginConfig;
import dev.sluice.control.GatewayConfig.VmConfig;
import dev.sluice.control.internal.ConfigDecoder.Names;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.Phase;
import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.SignaturePolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Decodes {@code plugins}. */
final class PluginDecoder {
  /** The type of plugins that see exchanges. */
  static final String HTTP = "HTTP";

  /** The type of plugins that see the connections of TCP listeners. */
  static final String NETWORK = "NETWORK";

  private static final List<String> SERVICES =
      List.of("store", "counters", "vectors", "embed", "tokens", "ai");

  private final Names names;
  private final RegistriesDecoder registries;

  PluginDecoder(Names names, RegistriesDecoder registries) {
    this.names = names;
    this.registries = registries;
  }

  List<PluginConfig> decode(Section root) {
    var policy = registries.policy(root, SignaturePolicy.NONE);
    return root.mappings("plugins").stream().map(section -> plugin(section, policy)).toList();
  }

  private PluginConfig plugin(Section section, SignaturePolicy policy) {
    var name = section.text("name", "");
    var url = section.text("url", "");
    checkUrl(section, url);
    if (section.text("type", HTTP).equals(NETWORK)) {
      for (var field : List.of("routes", "global")) {
        if (section.has(field)) {
          section.report(
              field, "attaches to routes (expected: a NETWORK plugin in plugins of a listener)");
        }
      }
    }
    for (var route : section.list("routes")) {
      names.require("routes", route.asText(), route, "");
    }
    return new PluginConfig(
        name,
        url,
        section.textOrNull("sha256"),
        pullPolicy(section),
        RegistriesDecoder.credentials(section, url),
        section.flag("plainHttp"),
        registries.policy(section, policy),
        section.has("pollInterval") ? section.bound("pollInterval", Duration.ZERO) : Duration.ZERO,
        CanaryDecoder.decode(section),
        section.textOrNull("engine"),
        section.text("rootId", ""),
        section.has("phase") ? section.choice("phase", Phase.UNSPECIFIED, Phase::valueOf) : null,
        section.has("priority") ? (Integer) section.integer("priority", 0) : null,
        pluginConfig(section),
        section.choice("failStrategy", FailStrategy.FAIL_CLOSE, FailStrategy::valueOf),
        vmConfig(section.section("vmConfig"), name),
        limits(section.section("limits")),
        grants(section),
        section.texts("routes"),
        section.flag("global"),
        section.flag("trusted"));
  }

  private static void checkUrl(Section section, String url) {
    if (url.isEmpty()) {
      return;
    }
    try {
      PluginUrl.parse(url, Path.of("."));
    } catch (RegistryException e) {
      // The value stands before the message already.
      var message = String.valueOf(e.getMessage());
      section.report("url", message.replace("url: \"" + url + "\": ", ""));
    }
  }

  private static @Nullable PullPolicy pullPolicy(Section section) {
    return switch (section.text("imagePullPolicy", "")) {
      case "IfNotPresent" -> PullPolicy.IF_NOT_PRESENT;
      case "Always" -> PullPolicy.ALWAYS;
      default -> null;
    };
  }

  /** Merges Higress' rules into one configuration, as its control plane does. */
  private static String pluginConfig(Section section) {
    if (section.has("pluginConfig") && section.has("defaultConfig")) {
      section.report("defaultConfig", "stands beside pluginConfig (expected: one of them)");
    }
    if (section.has("pluginConfig") && !section.has("matchRules")) {
      return section.node("pluginConfig").toString();
    }
    var field = section.has("pluginConfig") ? "pluginConfig" : "defaultConfig";
    boolean disabled = section.flag("defaultConfigDisable");
    var config =
        section.node(field) instanceof ObjectNode node && !disabled ? node.deepCopy() : null;
    if (!section.has("matchRules")) {
      return config == null ? "" : config.toString();
    }
    var merged =
        config == null
            ? tools.jackson.databind.json.JsonMapper.shared().createObjectNode()
            : config;
    var rules = merged.putArray("_rules_");
    for (var rule : section.list("matchRules")) {
      if (!rule.has("ingress") && !rule.has("domain") && !rule.has("service")) {
        rule.report("has no condition (expected: ingress, domain or service)");
      }
      if (rule.flag("configDisable")) {
        continue;
      }
      var target = rules.addObject();
      if (rule.node("config") instanceof ObjectNode node) {
        target.setAll(node);
      }
      copy(rule, "ingress", target, "_match_route_");
      copy(rule, "domain", target, "_match_domain_");
      copy(rule, "service", target, "_match_service_");
    }
    return merged.toString();
  }

  private static void copy(Section rule, String field, ObjectNode target, String name) {
    if (rule.has(field)) {
      var array = target.putArray(name);
      rule.texts(field).forEach(array::add);
    }
  }

  private static VmConfig vmConfig(Section section, String plugin) {
    Map<String, String> env = new LinkedHashMap<>();
    section.node("env").properties().forEach(e -> env.put(e.getKey(), e.getValue().asString("")));
    var configuration = section.node("configuration");
    return new VmConfig(
        section.text("vmId", plugin),
        env,
        configuration.isString()
            ? configuration.asString()
            : configuration.isObject() ? configuration.toString() : "");
  }

  private static Limits limits(Section section) {
    var otherwise = Limits.DEFAULT;
    var lines = section.text("logLines", otherwise.logLines() + "/s").replace("/s", "");
    boolean number =
        !lines.isEmpty() && lines.length() < 10 && lines.chars().allMatch(Character::isDigit);
    return new Limits(
        section.size("memory", otherwise.memory(), 64 << 10, 4L << 30),
        section.bound("callTime", otherwise.callTime()),
        section.bound("startTime", otherwise.startTime()),
        (int) section.size("bodyBuffer", otherwise.bodyBuffer(), 0, 1L << 30),
        number ? Integer.parseInt(lines) : otherwise.logLines(),
        section.integer("callouts", otherwise.callouts()),
        section.integer("timers", otherwise.timers()),
        section.integer("metrics", otherwise.metrics()),
        section.size("storeBytes", otherwise.storeBytes(), 0, Long.MAX_VALUE),
        section.integer("queueItems", otherwise.queueItems()));
  }

  private @Nullable Grants grants(Section plugin) {
    if (plugin.text("grants", "").equals("requested")) {
      return null;
    }
    var section = plugin.section("grants");
    for (var list : List.of("http", "grpc", "redis")) {
      for (var item : section.list(list)) {
        names.require("upstreams", item.asText(), item, "");
      }
    }
    Set<String> services = new HashSet<>();
    for (var service : SERVICES) {
      if (section.has(service)) {
        services.add(service);
      }
    }
    return new Grants(
        Set.copyOf(section.texts("http")),
        Set.copyOf(section.texts("grpc")),
        Set.copyOf(section.texts("redis")),
        services);
  }
}
