package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.net.URI;
import java.util.Locale;

/**
 * Is a scheme, host and port (RFC 9110, section 4.3.1).
 *
 * @param host in lower case; an IPv6 address without brackets
 * @param port never the "default" of URI: 80 or 443 when none was written
 */
public record Origin(boolean secure, String host, int port) {
  /**
   * Reads the origin of a URL.
   *
   * @throws RegistryException BAD_REFERENCE when it is no http or https URL, or carries a password
   */
  public static Origin of(URI uri) {
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    var host = uri.getHost();
    if (host == null || host.isEmpty() || !(secure || scheme.equals("http"))) {
      throw new RegistryException(
          Reason.BAD_REFERENCE, "\"" + shown(uri) + "\" (expected: an http or https URL)");
    }
    if (uri.getRawUserInfo() != null) {
      throw new RegistryException(
          Reason.BAD_REFERENCE, "a URL at " + host + " carries a name or password");
    }
    var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
    if (port < 1 || port > 65535) {
      throw new RegistryException(
          Reason.BAD_REFERENCE, "port " + port + " of " + host + " (expected: 1..65535)");
    }
    return new Origin(secure, bare.toLowerCase(Locale.ROOT), port);
  }

  /** Returns a URL without its query, which may be a secret of its own (signed downloads). */
  public static String shown(URI uri) {
    var text = uri.toString();
    int query = text.indexOf('?');
    return query < 0 ? text : text.substring(0, query) + "?…";
  }

  /** Returns {@code host} or {@code host:port} as the {@code Host} header has it. */
  public String authority() {
    var name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? 443 : 80) ? name : name + ":" + port;
  }

  @Override
  public String toString() {
    return (secure ? "https://" : "http://") + authority();
  }
}
