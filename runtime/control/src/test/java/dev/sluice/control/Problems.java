package dev.sluice.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads configurations from a folder and says what is wrong with them. */
final class Problems {
  /** A listener and an upstream, for configurations that are about something else. */
  static final String FRAME =
      """
      listeners: [{name: web, address: "127.0.0.1:0"}]
      upstreams: [{name: api, endpoints: [{address: "127.0.0.1:9"}]}]
      """;

  private final Path folder;

  Problems(Path folder) {
    this.folder = folder;
  }

  /** Returns the problems as a user sees them, without the folder. */
  List<String> of(String yaml) {
    return of(yaml.getBytes(StandardCharsets.UTF_8));
  }

  List<String> of(byte[] content) {
    return all(content).stream().map(p -> p.toString().replace(folder + "/", "")).toList();
  }

  /** Returns the problems. */
  List<ConfigProblem> all(byte[] content) {
    try {
      var file = Files.write(folder.resolve("c.yaml"), content);
      ConfigReader.read(file);
      return List.of();
    } catch (ConfigException e) {
      return e.problems();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the configuration of a file that is right. */
  GatewayConfig read(String yaml) {
    try {
      return ConfigReader.read(Files.writeString(folder.resolve("c.yaml"), yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
