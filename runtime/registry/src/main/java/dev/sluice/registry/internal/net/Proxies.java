package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the proxy of an origin as {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}
 * (or their lower-case forms) say, by the rules that curl and Go's programs share: this machine is
 * never asked for through a proxy; {@code NO_PROXY} lists hosts with all below them, {@code
 * .domains} without the domain itself, addresses, networks in CIDR form, each with an optional
 * port, or {@code *}.
 */
public final class Proxies {
  /** Asks everyone directly. */
  public static final Proxies NONE = of(Map.of());

  private final Optional<Proxy> secure;
  private final Optional<Proxy> plain;
  private final List<String> excluded;

  private Proxies(Optional<Proxy> secure, Optional<Proxy> plain, List<String> excluded) {
    this.secure = secure;
    this.plain = plain;
    this.excluded = excluded;
  }

  /**
   * Is an HTTP proxy.
   *
   * @param user who to say one is, or null
   */
  public record Proxy(String host, int port, @Nullable String user, String password) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /**
   * Reads environment variables.
   *
   * @throws RegistryException BAD_REFERENCE when a proxy is no {@code
   *     http://[name:password@]host:port}
   */
  public static Proxies of(Map<String, String> environment) {
    return new Proxies(
        proxy(environment, "HTTPS_PROXY"),
        proxy(environment, "HTTP_PROXY"),
        Arrays.stream(value(environment, "NO_PROXY").split(",", -1))
            .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
            .filter(entry -> !entry.isEmpty())
            .toList());
  }

  private static String value(Map<String, String> environment, String name) {
    var lower = environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    return (lower.isEmpty() ? environment.getOrDefault(name, "") : lower).strip();
  }

  private static Optional<Proxy> proxy(Map<String, String> environment, String name) {
    var text = value(environment, name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      var uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
        throw new IllegalArgumentException("another scheme");
      }
      var known = uri.getUserInfo() == null ? null : uri.getUserInfo().split(":", 2);
      return Optional.of(
          new Proxy(
              uri.getHost(),
              uri.getPort() < 0 ? 80 : uri.getPort(),
              known == null ? null : known[0],
              known == null || known.length < 2 ? "" : known[1]));
    } catch (IllegalArgumentException e) {
      // The value may hold a password, so it is not shown.
      throw new RegistryException(
          Reason.BAD_REFERENCE, name + " (expected: http://[name:password@]host:port)", e);
    }
  }

  /** Returns the proxy for an origin, if there is one. */
  public Optional<Proxy> forOrigin(Origin origin) {
    var proxy = origin.secure() ? secure : plain;
    boolean direct =
        proxy.isEmpty()
            || isThisMachine(origin.host())
            || excluded.stream().anyMatch(entry -> matches(entry, origin));
    return direct ? Optional.empty() : proxy;
  }

  private static boolean isThisMachine(String host) {
    return host.equals("localhost")
        || literal(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }

  private static boolean matches(String entry, Origin origin) {
    if (entry.equals("*")) {
      return true;
    }
    if (entry.indexOf('/') > 0) {
      return literal(origin.host()).map(address -> inNetwork(entry, address)).orElse(false);
    }
    var name = entry;
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.indexOf(':') == colon) {
      if (!entry.substring(colon + 1).equals(String.valueOf(origin.port()))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    return name.startsWith(".")
        ? origin.host().endsWith(name)
        : origin.host().equals(name) || origin.host().endsWith("." + name);
  }

  private static boolean inNetwork(String cidr, InetAddress address) {
    int slash = cidr.indexOf('/');
    var network = literal(cidr.substring(0, slash));
    var length = cidr.substring(slash + 1);
    if (network.isEmpty() || !length.matches("[0-9]{1,3}")) {
      return false;
    }
    var bytes = address.getAddress();
    if (network.get().getAddress().length != bytes.length) {
      return false;
    }
    int rest = Math.max(0, bytes.length * 8 - Integer.parseInt(length));
    return new BigInteger(1, bytes)
        .shiftRight(rest)
        .equals(new BigInteger(1, network.get().getAddress()).shiftRight(rest));
  }

  /** Returns the address that a text is, without asking anyone about names. */
  static Optional<InetAddress> literal(String host) {
    boolean address = host.indexOf(':') >= 0 || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    try {
      return address ? Optional.of(InetAddress.getByName(host)) : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}
