package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.GatewayConfig;
import java.nio.file.Path;
import java.util.Comparator;
import tools.jackson.databind.node.ObjectNode;

/** Reads, substitutes, checks and decodes a configuration. */
public final class ConfigLoader {
  private static final SchemaCheck SCHEMA = SchemaCheck.ofGateway();

  private ConfigLoader() {}

  /**
   * Is a configuration with what it was read from.
   *
   * @param document takes further problems, which show only while artifacts are checked
   */
  record Loaded(GatewayConfig config, ConfigDocument document) {
    /** Returns its JSON before substitution, as the admin API shows it. */
    ObjectNode raw() {
      return document.raw();
    }

    /** Throws when a problem was reported. */
    void check() {
      if (!document.problems().isEmpty()) {
        throw new ConfigException(
            document.problems().stream()
                .sorted(
                    Comparator.comparingInt(ConfigProblem::line)
                        .thenComparingInt(ConfigProblem::column))
                .toList());
      }
    }
  }

  /**
   * Loads a configuration.
   *
   * @param file its name in messages
   * @param base relative paths start here
   * @throws ConfigException with everything that is wrong
   */
  static Loaded load(String text, String file, Path base) {
    var document = YamlReader.read(text, file, new Substitution(System::getenv, base));
    for (var finding : SCHEMA.check(document.root())) {
      document.report(finding.path(), finding.value(), finding.message());
    }
    var config = ConfigDecoder.decode(document, base);
    var loaded = new Loaded(config, document);
    loaded.check();
    return loaded;
  }

  /** Loads a configuration and answers only what it says. */
  public static GatewayConfig config(String text, String file, Path base) {
    return load(text, file, base).config();
  }
}
