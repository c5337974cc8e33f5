package dev.sluice.registry;

import dev.sluice.plugin.Phase;
import dev.sluice.registry.RegistryException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Is a plugin's own description, {@code plugin.yaml}.
 *
 * @param version a version, or empty
 * @param engine {@code wasm, js, python, java}
 * @param entry the file that the engine starts with, or empty
 * @param capabilities what it asks of the host
 * @param configSchema the file with the JSON Schema of {@code pluginConfig}, or empty
 */
public record PluginManifest(
    String name,
    String version,
    String engine,
    String entry,
    String description,
    List<String> capabilities,
    @Nullable Phase phase,
    OptionalInt priority,
    String configSchema) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
  private static final Set<String> ENGINES = Set.of("wasm", "js", "python", "java");
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "version",
          "engine",
          "entry",
          "description",
          "capabilities",
          "phase",
          "priority",
          "configSchema");

  /** Copies the list. */
  public PluginManifest {
    capabilities = List.copyOf(capabilities);
  }

  /**
   * Parses a manifest.
   *
   * @param origin where it came from, for messages
   * @throws RegistryException NOT_A_PLUGIN with everything that is wrong
   */
  public static PluginManifest parse(byte[] yaml, String origin) {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(new String(yaml, StandardCharsets.UTF_8));
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new RegistryException(
          Reason.NOT_A_PLUGIN,
          origin
              + (at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr())
              + ": not YAML: "
              + e.getOriginalMessage(),
          e);
    }
    if (!root.isObject()) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, origin + ": " + root.getNodeType() + " (expected: a mapping)");
    }
    return new Reader(root, origin).read();
  }

  /** Reads the fields and collects what is wrong. */
  private static final class Reader {
    private final JsonNode root;
    private final String origin;
    private final List<String> problems = new ArrayList<>();

    Reader(JsonNode root, String origin) {
      this.root = root;
      this.origin = origin;
    }

    PluginManifest read() {
      for (var field : root.propertyNames()) {
        if (!FIELDS.contains(field)) {
          problems.add(field + ": unknown field (expected: one of " + sorted() + ")");
        }
      }
      var name = text("name");
      if (!NAME.matcher(name).matches()) {
        problems.add(
            "name: \""
                + name
                + "\" (expected: up to 63 lower-case letters, digits, dots, hyphens)");
      }
      var engine = text("engine");
      if (!engine.isEmpty() && !ENGINES.contains(engine)) {
        problems.add("engine: \"" + engine + "\" (expected: wasm, js, python or java)");
      }
      var manifest =
          new PluginManifest(
              name,
              text("version"),
              engine,
              file("entry"),
              text("description"),
              capabilities(),
              phase(),
              priority(),
              file("configSchema"));
      if (!problems.isEmpty()) {
        throw new RegistryException(
            Reason.NOT_A_PLUGIN, origin + ": " + String.join("; ", problems));
      }
      return manifest;
    }

    private static String sorted() {
      return String.join(", ", FIELDS.stream().sorted().toList());
    }

    private String text(String field) {
      var node = root.get(field);
      if (node == null || node.isNull()) {
        return "";
      }
      if (!node.isValueNode()) {
        problems.add(field + ": " + node.getNodeType() + " (expected: text)");
        return "";
      }
      return node.asString();
    }

    private String file(String field) {
      var path = text(field);
      if (path.startsWith("/") || path.contains("..") || path.contains("\\")) {
        problems.add(field + ": \"" + path + "\" (expected: a path inside the plugin's folder)");
      }
      return path;
    }

    private List<String> capabilities() {
      var node = root.get("capabilities");
      if (node == null || node.isNull()) {
        return List.of();
      }
      if (!node.isArray()) {
        problems.add("capabilities: " + node.getNodeType() + " (expected: a list)");
        return List.of();
      }
      var names = new ArrayList<String>();
      node.forEach(item -> names.add(item.asString()));
      return names;
    }

    private @Nullable Phase phase() {
      var text = text("phase");
      if (text.isEmpty()) {
        return null;
      }
      try {
        return Phase.valueOf(text.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        problems.add("phase: \"" + text + "\" (expected: AUTHN, AUTHZ, STATS or UNSPECIFIED)");
        return null;
      }
    }

    private OptionalInt priority() {
      var node = root.get("priority");
      if (node == null || node.isNull()) {
        return OptionalInt.empty();
      }
      if (!node.isInt()) {
        problems.add("priority: " + node + " (expected: a whole number)");
        return OptionalInt.empty();
      }
      return OptionalInt.of(node.asInt());
    }
  }
}
