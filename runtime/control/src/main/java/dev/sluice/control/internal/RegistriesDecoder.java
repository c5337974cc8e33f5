package dev.sluice.control.internal;

import dev.sluice.registry.Credentials;
import dev.sluice.registry.DockerConfig;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistrySettings.Host;
import dev.sluice.registry.SignaturePolicy;
import dev.sluice.registry.Timeouts;
import dev.sluice.registry.VerifyingKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decodes how registries are reached and whose signatures count. */
final class RegistriesDecoder {
  private final Path base;

  /**
   * @param base relative paths start here
   */
  RegistriesDecoder(Path base) {
    this.base = base;
  }

  /** Decodes {@code registries}, by the name that urls have. */
  Map<String, Host> registries(Section root) {
    Map<String, Host> hosts = new LinkedHashMap<>();
    for (var section : root.mappings("registries")) {
      var host = section.text("host", "");
      var ca = section.has("ca") ? base.resolve(section.text("ca", "")) : null;
      if (ca != null && !Files.isRegularFile(ca)) {
        section.report("ca", "there is no file " + ca);
      }
      var known =
          new Host(section.texts("mirrors"), section.flag("plainHttp"), ca, timeouts(section));
      if (hosts.putIfAbsent(host, known) != null) {
        section.report("host", "stands twice (expected: each once)");
      }
    }
    return hosts;
  }

  /** Decodes how long a registry may say nothing. */
  private static @Nullable Timeouts timeouts(Section section) {
    if (!section.has("timeout")) {
      return null;
    }
    var usual = Timeouts.DEFAULT;
    var idle = section.duration("timeout", usual.idle());
    try {
      return new Timeouts(usual.connect(), idle, usual.total());
    } catch (IllegalArgumentException e) {
      section.report("timeout", "expected: 1ms to 24 days");
      return null;
    }
  }

  /**
   * Decodes {@code verify}. Who names keys requires a signature, unless told otherwise.
   *
   * @param otherwise what holds when the section says nothing
   */
  SignaturePolicy policy(Section owner, SignaturePolicy otherwise) {
    if (!owner.has("verify")) {
      return otherwise;
    }
    var verify = owner.section("verify");
    var keys = new ArrayList<VerifyingKey>();
    for (var item : verify.list("keys")) {
      keys(item, keys);
    }
    var all = keys.isEmpty() ? otherwise.keys() : List.copyOf(keys);
    boolean required = verify.has("required") ? verify.flag("required") : !all.isEmpty();
    if (required && all.isEmpty()) {
      verify.report("keys", "there are none (expected: at least one where required is true)");
      return otherwise;
    }
    return new SignaturePolicy(all, required);
  }

  private void keys(Section item, List<VerifyingKey> keys) {
    var text = item.asText();
    try {
      keys.addAll(
          text.contains("-----BEGIN ")
              ? VerifyingKey.parse(text, item.path())
              : VerifyingKey.read(base.resolve(text)));
    } catch (RegistryException e) {
      item.report(String.valueOf(e.getMessage()));
    }
  }

  /** Decodes {@code imagePullSecret}: a name and a password, or the content of a Docker config. */
  static @Nullable Credentials credentials(Section section, String url) {
    if (!section.has("imagePullSecret")) {
      return null;
    }
    var secret = section.section("imagePullSecret");
    if (!secret.has("dockerConfig")) {
      return new Credentials(secret.text("username", ""), secret.text("password", ""));
    }
    try {
      var source = DockerConfig.ofSecret(secret.text("dockerConfig", ""));
      if (PluginUrl.parse(url, Path.of(".")) instanceof PluginUrl.Oci oci) {
        var found = source.find(oci.registry(), oci.repository());
        if (found.isEmpty()) {
          secret.report("dockerConfig", "knows nothing about " + oci.registry());
        }
        return found.orElse(null);
      }
    } catch (RegistryException e) {
      secret.report("dockerConfig", String.valueOf(e.getMessage()));
    }
    return null;
  }
}
