package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig;
import dev.sluice.control.GatewayConfig.Admin;
import dev.sluice.control.internal.Section.HostPort;
import dev.sluice.http.ClientTls;
import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.ServerTls;
import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.Timeouts;
import dev.sluice.providers.RoutingSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.UpstreamSpec.Endpoint;
import dev.sluice.proxy.UpstreamSpec.LoadBalancing;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Turns a document into a configuration and reports what the schema cannot tell. */
final class ConfigDecoder {
  private final Path base;
  private final Section root;

  private ConfigDecoder(ConfigDocument document, Path base) {
    this.base = base;
    this.root = new Section(document, document.root(), "");
  }

  /** Decodes a document; it is usable only when no problem was reported. */
  static GatewayConfig decode(ConfigDocument document, Path base) {
    return new ConfigDecoder(document, base).decode();
  }

  private GatewayConfig decode() {
    var admin = admin();
    var listeners = listeners(admin.address());
    var upstreams = root.mappings("upstreams").stream().map(this::upstream).toList();
    unique("upstreams");
    unique("providers");
    unique("models");
    unique("routes");
    unique("plugins");
    unique("listeners");
    unique("consumers");
    var names = new Names(root);
    var identities = new IdentityDecoder(base);
    var identity = identities.decode(root);
    var routeDecoder = new RouteDecoder(names, identities);
    var routes = routeDecoder.decode(root);
    var tcp = new TcpDecoder(names, routeDecoder).decode(root);
    var registries = new RegistriesDecoder(base);
    var plugins = new PluginDecoder(names, registries).decode(root);
    return new GatewayConfig(
        admin,
        root.duration("drainTimeout", Duration.ofSeconds(30)),
        root.integer("threads", 0),
        root.size("aiMemory", Runtime.getRuntime().maxMemory() / 4, 1 << 20, Long.MAX_VALUE / 2),
        accessLog(),
        listeners,
        tcp,
        upstreams,
        new RoutingSpec(
            new ProvidersDecoder(this::clientTls).decode(root),
            new ModelsDecoder(names).decode(root)),
        routes,
        registries.registries(root),
        ServicesDecoder.decode(root, base),
        identity,
        PricesDecoder.decode(root),
        TelemetryDecoder.decode(root),
        new StateDecoder(root.section("state"), base).usage(),
        plugins);
  }

  private Admin admin() {
    var admin = root.section("admin");
    var address =
        admin.address("address").map(HostPort::resolved).orElseGet(ConfigDecoder::defaultAdmin);
    var token = admin.text("token", "");
    var ip = address.getAddress();
    if (ip == null) {
      admin.report("address", "the host name cannot be found (expected: a known host)");
    } else if (!ip.isLoopbackAddress() && token.isEmpty()) {
      admin.report(
          "address", "is reachable from elsewhere (expected: a loopback address, or admin.token)");
    }
    return new Admin(address, token);
  }

  private static InetSocketAddress defaultAdmin() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 9901);
  }

  private Optional<String> accessLog() {
    if (!root.has("accessLog")) {
      return Optional.of("/dev/stdout");
    }
    var section = root.section("accessLog");
    var path = Optional.ofNullable(section.textOrNull("path")).map(base::resolve);
    path.map(Path::getParent)
        .filter(folder -> !Files.isDirectory(folder))
        .ifPresent(folder -> section.report("path", "there is no folder " + folder));
    return path.map(Path::toString);
  }

  private List<ListenerConfig> listeners(InetSocketAddress admin) {
    var listeners = new ArrayList<ListenerConfig>();
    Map<InetSocketAddress, String> taken = new HashMap<>();
    if (admin.getPort() != 0) {
      taken.put(admin, "the admin API");
    }
    for (var section : root.mappings("listeners")) {
      var addresses = addresses(section);
      for (var address : addresses) {
        var owner = "listener " + section.text("name", "");
        var other = address.getPort() == 0 ? null : taken.putIfAbsent(address, owner);
        if (other != null) {
          var field = section.has("address") ? "address" : "addresses";
          section.report(
              field,
              address.getHostString()
                  + ":"
                  + address.getPort()
                  + " is taken by "
                  + other
                  + " (expected: each once)");
        }
      }
      listeners.add(
          new ListenerConfig(
              section.text("name", ""),
              addresses,
              section.has("tls") ? tls(section.section("tls")) : null,
              timeouts(section.section("timeouts")),
              limits(section.section("limits")),
              TcpDecoder.isTcp(section)));
    }
    return listeners;
  }

  private List<InetSocketAddress> addresses(Section listener) {
    if (listener.has("address") == listener.has("addresses")) {
      listener.report("has no or two kinds of address (expected: address or addresses)");
    }
    var found = new ArrayList<InetSocketAddress>();
    listener.address("address").map(HostPort::resolved).ifPresent(found::add);
    for (var item : listener.list("addresses")) {
      listener.hostPort(item.asText(), item.path()).map(HostPort::resolved).ifPresent(found::add);
    }
    for (var address : found) {
      if (address.isUnresolved()) {
        listener.report(
            listener.has("address") ? "address" : "addresses",
            "the host name " + address.getHostString() + " cannot be found");
      }
    }
    return found;
  }

  private ServerTls tls(Section tls) {
    var pairs = tls.list("certificates").stream().map(this::keyPair).toList();
    var ca = tls.textOrNull("clientCa");
    return new ServerTls(pairs, ca == null ? null : file(tls, "clientCa"));
  }

  private KeyPairFiles keyPair(Section pair) {
    return new KeyPairFiles(file(pair, "cert"), file(pair, "key"));
  }

  private Path file(Section section, String field) {
    var path = base.resolve(section.text(field, ""));
    if (section.has(field) && !Files.isReadable(path)) {
      section.report(field, "there is no file " + path + " that can be read");
    }
    return path;
  }

  private static Timeouts timeouts(Section section) {
    var otherwise = Timeouts.DEFAULT;
    return new Timeouts(
        section.duration("idle", otherwise.idle()),
        section.duration("headers", otherwise.headers()),
        section.duration("request", otherwise.request()),
        section.duration("stream", otherwise.stream()));
  }

  private static ConnectionLimits limits(Section section) {
    var otherwise = ConnectionLimits.DEFAULT;
    return new ConnectionLimits(
        (int) section.size("headerBytes", otherwise.headerBytes(), 1 << 10, 16 << 20),
        section.integer("headers", otherwise.headers()),
        section.integer("streams", otherwise.streams()),
        section.integer("connections", otherwise.connections()));
  }

  private UpstreamSpec upstream(Section section) {
    var endpoints = new ArrayList<Endpoint>();
    for (var item : section.list("endpoints")) {
      var weight = item.integer("weight", 1);
      item.address("address")
          .ifPresent(
              address -> {
                if (address.port() == 0) {
                  item.report("address", "port 0 (expected: 1..65535)");
                } else {
                  int share = weight < 1 || weight > 1000 ? 1 : weight;
                  endpoints.add(new Endpoint(address.host(), address.port(), share));
                }
              });
    }
    var breaker = section.section("circuitBreaker");
    var otherwise = UpstreamSpec.Limits.DEFAULT;
    return new UpstreamSpec(
        section.text("name", ""),
        endpoints,
        protocol(section),
        section.has("tls") ? clientTls(section.section("tls")) : null,
        section.choice(
            "loadBalancing",
            LoadBalancing.LEAST_REQUEST,
            text -> LoadBalancing.valueOf(text.toUpperCase(Locale.ROOT))),
        new UpstreamSpec.Limits(
            breaker.integer("maxRequests", otherwise.maxRequests()),
            breaker.integer("maxPending", otherwise.maxPending()),
            breaker.integer("maxRetries", otherwise.maxRetries()),
            section.bound("connectTimeout", otherwise.connectTimeout()),
            section.duration("idleTimeout", otherwise.idleTimeout()),
            section.duration("dnsRefresh", otherwise.dnsRefresh())));
  }

  static ProtocolChoice protocol(Section section) {
    return switch (section.text("protocol", "auto")) {
      case "http/1.1" -> ProtocolChoice.HTTP_1_1;
      case "h2" -> ProtocolChoice.HTTP_2;
      default -> ProtocolChoice.AUTO;
    };
  }

  private ClientTls clientTls(Section tls) {
    return new ClientTls(
        tls.has("ca") ? file(tls, "ca") : null,
        tls.textOrNull("sni"),
        tls.has("clientCertificate") ? keyPair(tls.section("clientCertificate")) : null,
        tls.flag("insecureSkipVerify"));
  }

  private void unique(String list) {
    Map<String, String> seen = new HashMap<>();
    for (var section : root.list(list)) {
      var name = section.text("name", "");
      var other = name.isEmpty() ? null : seen.putIfAbsent(name, section.path());
      if (other != null) {
        section.report("name", "is the name of " + other + " too (expected: each once)");
      }
    }
  }

  /** Knows what may be referred to. */
  static final class Names {
    private final Map<String, List<String>> known = new HashMap<>();
    private final Map<String, String> types = new HashMap<>();

    Names(Section root) {
      for (var list : List.of("upstreams", "providers", "models", "routes", "plugins")) {
        known.put(list, root.list(list).stream().map(item -> item.text("name", "")).toList());
      }
      for (var plugin : root.mappings("plugins")) {
        types.put(plugin.text("name", ""), plugin.text("type", PluginDecoder.HTTP));
      }
    }

    /** Returns the names of a list. */
    List<String> all(String list) {
      return known.getOrDefault(list, List.of());
    }

    /** Reports a plugin that there is not, or that is of another type. */
    void requirePlugin(String name, String type, Section section, String field) {
      require("plugins", name, section, field);
      var is = types.getOrDefault(name, type);
      if (!is.equals(type)) {
        var message =
            "plugin \"" + name + "\" is of type " + is + " (expected: type " + type + " here)";
        if (field.isEmpty()) {
          section.report(message);
        } else {
          section.report(field, message);
        }
      }
    }

    /** Reports a name that nothing has. */
    void require(String list, String name, Section section, String field) {
      var names = known.getOrDefault(list, List.of());
      if (name.isEmpty() || names.contains(name)) {
        return;
      }
      var kind = list.substring(0, list.length() - 1);
      var hint =
          Spelling.meant(name, names)
              .map(other -> "; did you mean \"" + other + "\"?")
              .orElse(
                  names.isEmpty()
                      ? " (there are no " + list + ")"
                      : " (expected: one of " + String.join(", ", names) + ")");
      var message = "there is no such " + kind + hint;
      if (field.isEmpty()) {
        section.report(message);
      } else {
        section.report(field, message);
      }
    }
  }
}
