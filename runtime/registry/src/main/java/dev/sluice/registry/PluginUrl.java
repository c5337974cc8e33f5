package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says where a plugin is: the {@code url} of the configuration, parsed. */
public sealed interface PluginUrl {
  /** Returns the canonical text. */
  String text();

  /**
   * Is an artifact in a registry. Exactly one of {@code tag} and {@code digest} decides what is
   * fetched: the digest if there is one.
   *
   * @param registry host, with the port unless it is the scheme's own
   * @param tag never empty; {@code latest} when neither was given
   */
  record Oci(String registry, String repository, @Nullable String tag, @Nullable Digest digest)
      implements PluginUrl {
    /** Returns what to ask the registry for: the digest, or the tag. */
    public String reference() {
      return digest != null ? digest.toString() : tag != null ? tag : "latest";
    }

    @Override
    public String text() {
      return "oci://" + registry + "/" + repository + suffix(tag, digest);
    }
  }

  /** Is an artifact in an OCI layout folder; without tag and digest it must be the only one. */
  record Layout(Path folder, @Nullable String tag, @Nullable Digest digest) implements PluginUrl {
    @Override
    public String text() {
      return "oci-layout:" + folder + suffix(tag, digest);
    }
  }

  /** Is a module, script or jar on disk, or a plugin's folder. */
  record File(Path path) implements PluginUrl {
    @Override
    public String text() {
      return "file:" + path;
    }
  }

  /** Is a module behind a web server. */
  record Http(URI uri) implements PluginUrl {
    @Override
    public String text() {
      return uri.toString();
    }
  }

  /** The grammar of the distribution specification. */
  Pattern REPOSITORY =
      Pattern.compile("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");

  /** The grammar of the distribution specification. */
  Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

  /** A host name or address with an optional port. */
  Pattern REGISTRY =
      Pattern.compile(
          "([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9-]+)*|\\[[0-9a-fA-F:.]+])(:[0-9]{1,5})?");

  /**
   * Parses a url: {@code oci://}, {@code oci-layout:}, {@code file:}, {@code http(s)://}; without a
   * scheme it is an OCI reference.
   *
   * @param base relative paths are relative to this folder
   * @throws RegistryException BAD_REFERENCE with the part that is wrong
   */
  static PluginUrl parse(String url, Path base) {
    if (url.startsWith("oci-layout:")) {
      return layout(url.substring("oci-layout:".length()), base);
    }
    if (url.startsWith("file:")) {
      var path = url.substring("file:".length());
      return new File(base.resolve(path.startsWith("//") ? path.substring(2) : path).normalize());
    }
    if (url.startsWith("https://") || url.startsWith("http://")) {
      try {
        return new Http(URI.create(url));
      } catch (IllegalArgumentException e) {
        throw bad(url, String.valueOf(e.getMessage()), "a URL");
      }
    }
    if (url.startsWith("oci://")) {
      return oci(url.substring("oci://".length()));
    }
    int scheme = url.indexOf("://");
    if (scheme >= 0) {
      throw bad(url, "scheme " + url.substring(0, scheme), "oci, oci-layout, file or https");
    }
    return oci(url);
  }

  /**
   * Parses an OCI reference without a scheme: {@code host[:port]/repository[:tag][@digest]}.
   *
   * @throws RegistryException BAD_REFERENCE with the part that is wrong
   */
  static Oci oci(String reference) {
    int slash = reference.indexOf('/');
    if (slash < 1) {
      throw bad(reference, "no registry", "host[:port]/repository[:tag][@sha256:…]");
    }
    var registry = reference.substring(0, slash);
    if (!REGISTRY.matcher(registry).matches()) {
      throw bad(reference, "registry \"" + registry + "\"", "host[:port]");
    }
    var rest = Versioned.parse(reference, reference.substring(slash + 1));
    if (!REPOSITORY.matcher(rest.name).matches()) {
      throw bad(
          reference, "repository \"" + rest.name + "\"", "lower-case words joined by / . _ or -");
    }
    var tag = rest.tag == null && rest.digest == null ? "latest" : rest.tag;
    return new Oci(registry, rest.name, tag, rest.digest);
  }

  private static Layout layout(String text, Path base) {
    var rest = Versioned.parse("oci-layout:" + text, text);
    return new Layout(base.resolve(rest.name).normalize(), rest.tag, rest.digest);
  }

  private static String suffix(@Nullable String tag, @Nullable Digest digest) {
    return (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
  }

  private static RegistryException bad(String url, String what, String expected) {
    return new RegistryException(
        Reason.BAD_REFERENCE, "url: \"" + url + "\": " + what + " (expected: " + expected + ")");
  }

  /** Splits {@code name[:tag][@digest]}. */
  record Versioned(String name, @Nullable String tag, @Nullable Digest digest) {
    private static Versioned parse(String url, String text) {
      int at = text.lastIndexOf('@');
      var digest = at < 0 ? null : Digest.parse(text.substring(at + 1));
      var name = at < 0 ? text : text.substring(0, at);
      int colon = name.lastIndexOf(':');
      if (colon < 0 || name.indexOf('/', colon) >= 0) {
        return new Versioned(name, null, digest);
      }
      var tag = name.substring(colon + 1);
      if (!TAG.matcher(tag).matches()) {
        throw bad(url, "tag \"" + tag + "\"", "up to 128 letters, digits, _ . -");
      }
      return new Versioned(name.substring(0, colon), tag, digest);
    }
  }
}
