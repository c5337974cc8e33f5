package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.CredentialProgram;
import dev.sluice.registry.internal.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds credentials where {@code docker login}, {@code podman login} and Kubernetes keep them:
 * {@code auths}, {@code credHelpers} and {@code credsStore} of a {@code config.json}. The file is
 * read each time, so that a new login counts at once.
 */
public final class DockerConfig implements CredentialSource {
  private static final long MAX_FILE = 1 << 20;
  private static final String HUB = "docker.io";
  private static final String HUB_KEY = "https://index.docker.io/v1/";

  private final @Nullable Path file;
  private final JsonNode fixed;
  private final Map<String, String> environment;

  private DockerConfig(@Nullable Path file, JsonNode fixed, Map<String, String> environment) {
    this.file = file;
    this.fixed = fixed;
    this.environment = environment;
  }

  /**
   * Reads a file; one that is missing holds nothing.
   *
   * @param environment of the programs that {@code credHelpers} and {@code credsStore} name
   */
  public static DockerConfig of(Path file, Map<String, String> environment) {
    return new DockerConfig(file, Json.MAPPER.createObjectNode(), Map.copyOf(environment));
  }

  /**
   * Reads a secret: the text of a {@code config.json}, or its {@code auths} only. Programs that it
   * names are not run.
   *
   * @throws RegistryException BAD_REFERENCE when it is no such document
   */
  public static CredentialSource ofSecret(String json) {
    var document = parse(json.getBytes(StandardCharsets.UTF_8), "the pull secret");
    if (!document.path("auths").isObject()) {
      // What the text is instead stays untold: it is a secret.
      throw new RegistryException(
          Reason.BAD_REFERENCE, "the pull secret (expected: JSON with an object auths)");
    }
    var auths = Json.MAPPER.createObjectNode();
    auths.set("auths", document.get("auths"));
    return new DockerConfig(null, auths, Map.of());
  }

  /** Looks where skopeo and podman look, then where docker does. */
  public static CredentialSource ofUser(Map<String, String> environment, Path home) {
    List<Path> files = new ArrayList<>();
    var explicit = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
    if (!explicit.isEmpty()) {
      files.add(Path.of(explicit));
    } else if (!environment.getOrDefault("XDG_RUNTIME_DIR", "").isEmpty()) {
      files.add(Path.of(environment.getOrDefault("XDG_RUNTIME_DIR", ""), "containers/auth.json"));
    }
    var docker = environment.getOrDefault("DOCKER_CONFIG", "");
    files.add(
        (docker.isEmpty() ? home.resolve(".docker") : Path.of(docker)).resolve("config.json"));
    CredentialSource source = NONE;
    for (var file : files) {
      source = source.or(of(file, environment));
    }
    return source;
  }

  @Override
  public Optional<Credentials> find(String registry, String repository) {
    var document = file == null ? fixed : read(file);
    var helper =
        document
            .path("credHelpers")
            .path(registry)
            .asString(document.path("credsStore").asString(""));
    if (!helper.isEmpty()) {
      var key = registry.equals(HUB) ? HUB_KEY : registry;
      var found = CredentialProgram.get(helper, key, environment);
      if (found.isPresent()) {
        return found;
      }
    }
    return entry(document.path("auths"), registry, repository).map(node -> read(node, registry));
  }

  /** Finds the entry with the longest matching name: podman's may name repositories. */
  private static Optional<JsonNode> entry(JsonNode auths, String registry, String repository) {
    var name = registry + "/" + repository;
    while (true) {
      for (var candidate : auths.properties()) {
        if (bare(candidate.getKey()).equals(name)) {
          return Optional.of(candidate.getValue());
        }
      }
      int slash = name.lastIndexOf('/');
      if (slash < 0) {
        return Optional.empty();
      }
      name = name.substring(0, slash);
    }
  }

  /** Returns a key without what docker's history left in it. */
  private static String bare(String key) {
    var name = key.replaceFirst("^https?://", "").replaceFirst("/(v[12]/?)?$", "");
    return name.equals("index.docker.io") || name.equals("registry-1.docker.io") ? HUB : name;
  }

  private static Credentials read(JsonNode node, String registry) {
    var username = node.path("username").asString("");
    var password = node.path("password").asString("");
    var auth = node.path("auth").asString("");
    if (!auth.isEmpty()) {
      String plain;
      try {
        plain = new String(Base64.getMimeDecoder().decode(auth), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw malformed(registry, e);
      }
      int colon = plain.indexOf(':');
      if (colon < 0) {
        throw malformed(registry, null);
      }
      username = plain.substring(0, colon);
      // Docker pads what it writes with zeros.
      password = plain.substring(colon + 1).replaceFirst("\0+$", "");
    }
    return new Credentials(
        username, password, text(node, "identitytoken"), text(node, "registrytoken"));
  }

  private static RegistryException malformed(String registry, @Nullable Throwable cause) {
    return new RegistryException(
        Reason.DENIED,
        "the stored credentials of " + registry + ": auth (expected: name:password in base64)",
        cause == null ? new IllegalArgumentException("no colon") : cause);
  }

  private static @Nullable String text(JsonNode node, String field) {
    var text = node.path(field).asString("");
    return text.isEmpty() ? null : text;
  }

  private static JsonNode read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Json.MAPPER.createObjectNode();
      }
      if (Files.size(file) > MAX_FILE) {
        throw new RegistryException(
            Reason.DENIED, file + ": more than " + MAX_FILE + " bytes (expected: a config.json)");
      }
      return parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new RegistryException(Reason.DENIED, "cannot read " + file + ": " + e, e);
    }
  }

  private static JsonNode parse(byte[] bytes, String what) {
    try {
      return Json.object(bytes, what);
    } catch (RegistryException e) {
      // A parser's message would quote what may be a password.
      throw new RegistryException(Reason.BAD_REFERENCE, what + " is no JSON object");
    }
  }
}
