package dev.sluice.control;

import dev.sluice.http.ListenerConfig;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.Phase;
import dev.sluice.providers.RoutingSpec;
import dev.sluice.proxy.TcpSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch.FieldMatch;
import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistrySettings;
import dev.sluice.registry.SignaturePolicy;
import dev.sluice.usage.OtlpSettings;
import dev.sluice.usage.PriceList;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Is a configuration whose parts fit together (design.md section 7).
 *
 * @param threads event loops; 0 for one per core
 * @param aiMemory bytes of LLM requests and answers that may be held at once
 * @param accessLog where JSON lines go; empty when it is off
 * @param tcp where the connections of TCP listeners go
 * @param routing the providers of models, and who serves which
 * @param registries what is special about some, by their name in urls
 * @param services where the services of plugins come from
 * @param identity who may call
 * @param prices what models cost
 * @param telemetry where traces and metrics are sent; empty for nowhere
 * @param usage where the sums of usage are kept
 * @param routes without the plugins that attach themselves; see {@link PluginConfig#routes}
 */
public record GatewayConfig(
    Admin admin,
    Duration drainTimeout,
    int threads,
    long aiMemory,
    Optional<String> accessLog,
    List<ListenerConfig> listeners,
    List<TcpSpec> tcp,
    List<UpstreamSpec> upstreams,
    RoutingSpec routing,
    List<Route> routes,
    Map<String, RegistrySettings.Host> registries,
    ServiceSettings services,
    IdentitySettings identity,
    PriceList prices,
    Optional<OtlpSettings> telemetry,
    UsageSettings usage,
    List<PluginConfig> plugins) {
  /** Copies the lists. */
  public GatewayConfig {
    listeners = List.copyOf(listeners);
    tcp = List.copyOf(tcp);
    upstreams = List.copyOf(upstreams);
    routes = List.copyOf(routes);
    registries = Map.copyOf(registries);
    plugins = List.copyOf(plugins);
  }

  /**
   * Says who may call.
   *
   * @param issuers whose tokens count, beside those that consumers name
   */
  public record IdentitySettings(List<ConsumerSpec> consumers, List<IssuerSpec> issuers) {
    /** Copies the lists. */
    public IdentitySettings {
      consumers = List.copyOf(consumers);
      issuers = List.copyOf(issuers);
    }
  }

  /**
   * Says how services of plugins start ({@code HostServiceProvider.start}).
   *
   * @param embeddings empty for the model in the process
   * @param counters empty for memory
   * @param store empty for memory
   * @param vectors empty for memory
   */
  public record ServiceSettings(
      Map<String, String> embeddings,
      Map<String, String> counters,
      Map<String, String> store,
      Map<String, String> vectors) {
    /** Copies the maps. */
    public ServiceSettings {
      embeddings = Map.copyOf(embeddings);
      counters = Map.copyOf(counters);
      store = Map.copyOf(store);
      vectors = Map.copyOf(vectors);
    }

    @Override
    public String toString() {
      return "ServiceSettings[embeddings="
          + embeddings.keySet()
          + ", counters="
          + counters.keySet()
          + ", store="
          + store.keySet()
          + ", vectors="
          + vectors.keySet()
          + "]";
    }
  }

  /**
   * Says where the sums of usage are kept.
   *
   * @param inMemory whether they end with the process
   * @param file where else; empty for a file in the user's folder for state
   */
  public record UsageSettings(boolean inMemory, Optional<String> file) {}

  /**
   * Says where the admin API listens.
   *
   * @param token empty for none
   */
  public record Admin(InetSocketAddress address, String token) {
    @Override
    public String toString() {
      return "Admin[address=" + address + ", token=" + (token.isEmpty() ? "" : "***") + "]";
    }
  }

  /**
   * Is one entry of {@code plugins}.
   *
   * @param sha256 64 hexadecimal digits, or null
   * @param verify whose signature it must have
   * @param pollInterval how often its tag is looked at; zero for never
   * @param canary how a new version is rolled out; null for at once
   * @param engine null to take the artifact's own
   * @param phase null to take the manifest's
   * @param priority null to take the manifest's
   * @param pluginConfig JSON, empty for none
   * @param grants null for {@code requested}: what the manifest asks for
   * @param routes names of routes to attach to
   * @param global whether it attaches to every route
   */
  public record PluginConfig(
      String name,
      String url,
      @Nullable String sha256,
      @Nullable PullPolicy imagePullPolicy,
      @Nullable Credentials imagePullSecret,
      boolean plainHttp,
      SignaturePolicy verify,
      Duration pollInterval,
      @Nullable Canary canary,
      @Nullable String engine,
      String rootId,
      @Nullable Phase phase,
      @Nullable Integer priority,
      String pluginConfig,
      FailStrategy failStrategy,
      VmConfig vmConfig,
      Limits limits,
      @Nullable Grants grants,
      List<String> routes,
      boolean global,
      boolean trusted) {
    /** Copies the list. */
    public PluginConfig {
      routes = List.copyOf(routes);
    }
  }

  /**
   * Says how a new version of a plugin is rolled out to a share of exchanges, and when it is taken
   * back.
   *
   * @param share how many of 10,000 exchanges get it
   * @param header an exchange whose request fulfils it gets it always, or null
   * @param failureRate how many more of its exchanges may fail than of the version before, 0 to 1
   * @param latency how much later than those of the version before its responses may begin, at the
   *     95th percentile
   * @param exchanges how many it must have had before it is judged
   * @param window how long exchanges are counted before counting begins anew
   * @param promoteAfter when it serves all; zero for when it is told to
   */
  public record Canary(
      int share,
      @Nullable FieldMatch header,
      double failureRate,
      Duration latency,
      int exchanges,
      Duration window,
      Duration promoteAfter) {}

  /**
   * Says how VMs start.
   *
   * @param configuration text or JSON, empty for none
   */
  public record VmConfig(String vmId, Map<String, String> env, String configuration) {
    /** Copies the map. */
    public VmConfig {
      env = Map.copyOf(env);
    }

    @Override
    public String toString() {
      return "VmConfig[vmId=" + vmId + ", env=" + env.keySet() + "]";
    }
  }
}
