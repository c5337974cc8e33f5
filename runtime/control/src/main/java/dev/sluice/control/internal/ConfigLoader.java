package dev.sluice.control.internal;

import dev.sluice.ai.AiMemory;
import dev.sluice.control.ConfigException;
import dev.sluice.control.GatewayConfig;
import dev.sluice.providers.Providers;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.SystemClock;
import dev.sluice.registry.ArtifactResolver;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Reads, substitutes, checks and decodes a configuration. */
public final class ConfigLoader {
  private static final SchemaCheck SCHEMA = SchemaCheck.ofGateway();

  private static final long ARTIFACT_BYTES = 1L << 30;

  private ConfigLoader() {}

  /**
   * Is a configuration with what it was read from.
   *
   * @param document takes further problems, which show only while artifacts are checked
   */
  record Loaded(GatewayConfig config, ConfigDocument document) {
    /** Returns its JSON before substitution, as the admin API shows it. */
    ObjectNode raw() {
      return document.source().raw();
    }
  }

  /**
   * Loads a configuration.
   *
   * @param base relative paths start here
   * @throws ConfigException with everything that is wrong
   */
  static Loaded load(ConfigSource source, Path base) {
    var document = ConfigDocument.of(source, new Substitution(System::getenv, base));
    for (var finding : findings(document)) {
      document.report(finding.path(), finding.value(), finding.message());
    }
    var config = ConfigDecoder.decode(document, base);
    document.check();
    return new Loaded(config, document);
  }

  /** A reference fills in a text; where a number or boolean is expected it is read as one. */
  private static List<SchemaCheck.Finding> findings(ConfigDocument document) {
    var findings = SCHEMA.check(document.root());
    boolean changed = false;
    for (var finding : findings) {
      changed |= document.retype(finding.path());
    }
    return changed ? SCHEMA.check(document.root()) : findings;
  }

  /** Loads a configuration and its plugins; see {@link dev.sluice.control.SnapshotReader}. */
  public static SnapshotSpec snapshot(String text, String file, Path base, Path artifacts) {
    var loaded = load(YamlReader.read(text, file), base);
    var resolver = new ArtifactResolver(base, artifacts, ARTIFACT_BYTES);
    var plugins = new PluginFetcher(resolver).fetch(loaded, Set.of(), (plugin, state) -> {});
    loaded.document().check();
    var routing = new Providers(new SystemClock()).routing(loaded.config().routing());
    try (var identities = new Identities(new SystemClock())) {
      var consumers = identities.of(loaded.config().identity());
      return SnapshotPlan.of(
          loaded.config(), consumers, routing, AiMemory.unbounded(), plugins, Map.of());
    }
  }

  /** Loads a configuration and answers only what it says. */
  public static GatewayConfig config(String text, String file, Path base) {
    return load(YamlReader.read(text, file), base).config();
  }
}
