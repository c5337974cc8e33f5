package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says how registries are reached.
 *
 * @param hosts what is special about some, by their name in references ({@code host[:port]})
 * @param environment where {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} are looked
 *     up
 * @param chunk blobs with more bytes than this are pushed in chunks of this size
 */
public record RegistrySettings(
    Map<String, Host> hosts,
    CredentialSource credentials,
    Map<String, String> environment,
    Timeouts timeouts,
    long chunk) {
  /** The size of a chunk unless set otherwise. */
  public static final long CHUNK = 64 << 20;

  /** Asks nobody for credentials and uses no proxy. */
  public static final RegistrySettings PLAIN =
      new RegistrySettings(Map.of(), CredentialSource.NONE, Map.of(), Timeouts.DEFAULT, CHUNK);

  /** Copies the maps. */
  public RegistrySettings {
    hosts = Map.copyOf(hosts);
    environment = Map.copyOf(environment);
    if (chunk < 1) {
      throw new IllegalArgumentException("chunk: " + chunk + " (expected: at least 1 byte)");
    }
    hosts.keySet().forEach(RegistrySettings::checkHost);
    hosts.values().forEach(host -> host.mirrors().forEach(RegistrySettings::checkHost));
  }

  /**
   * Says what is special about a registry.
   *
   * @param mirrors registries that are asked first when something is pulled, in order; each may
   *     have settings of its own
   * @param plainHttp whether it is asked without TLS
   * @param authorities a PEM file with certificate authorities that it may have, besides the usual
   *     ones
   * @param timeouts bounds on waiting for it; null for those of all
   */
  public record Host(
      List<String> mirrors,
      boolean plainHttp,
      @Nullable Path authorities,
      @Nullable Timeouts timeouts) {
    /** Nothing is special. */
    public static final Host USUAL = new Host(List.of(), false, null);

    /** Copies the list. */
    public Host {
      mirrors = List.copyOf(mirrors);
    }

    /** Waits for it as for all. */
    public Host(List<String> mirrors, boolean plainHttp, @Nullable Path authorities) {
      this(mirrors, plainHttp, authorities, null);
    }
  }

  /** Takes credentials and proxies from where the user's other tools have them. */
  public static RegistrySettings ofUser() {
    var environment = System.getenv();
    var home = Path.of(System.getProperty("user.home", "."));
    return new RegistrySettings(
        Map.of(), DockerConfig.ofUser(environment, home), environment, Timeouts.DEFAULT, CHUNK);
  }

  /** Returns what is special about a registry. */
  public Host host(String registry) {
    return hosts.getOrDefault(registry, Host.USUAL);
  }

  /** Returns the same with one registry set otherwise. */
  public RegistrySettings withHost(String registry, Host host) {
    var changed = new LinkedHashMap<>(hosts);
    changed.put(registry, host);
    return new RegistrySettings(changed, credentials, environment, timeouts, chunk);
  }

  /** Returns the same with one registry asked without TLS. */
  public RegistrySettings withPlainHttp(String registry) {
    var host = host(registry);
    return withHost(registry, new Host(host.mirrors(), true, host.authorities(), host.timeouts()));
  }

  /** Returns the same with other credentials. */
  public RegistrySettings withCredentials(CredentialSource source) {
    return new RegistrySettings(hosts, source, environment, timeouts, chunk);
  }

  /** Returns the same with other bounds on waiting. */
  public RegistrySettings withTimeouts(Timeouts bounds) {
    return new RegistrySettings(hosts, credentials, environment, bounds, chunk);
  }

  /** Returns the same with another size of chunks. */
  public RegistrySettings withChunk(long bytes) {
    return new RegistrySettings(hosts, credentials, environment, timeouts, bytes);
  }

  private static void checkHost(String registry) {
    if (!PluginUrl.REGISTRY.matcher(registry).matches()) {
      throw new RegistryException(
          Reason.BAD_REFERENCE, "registry \"" + registry + "\" (expected: host[:port])");
    }
  }
}
