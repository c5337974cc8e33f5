package dev.sluice.proxy.testing;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.ProxyServerBuilder;
import dev.sluice.proxy.Snapshot;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.VmSpec;
import dev.sluice.proxy.route.Route;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Is a running proxy on an ephemeral port, with clients and upstreams around it. */
public final class ProxyFixture implements AutoCloseable {
  /** What an exchange left behind. */
  public record Seen(
      int status, String code, String route, String plugin, int attempts, String detail) {}

  private final Transport transport = Transport.create(2);
  private final Transport others = Transport.create(1);
  private final TestEngine engine = new TestEngine();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private final ProxyServer proxy;
  private final HttpServer listener;
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** Starts a proxy without routes. */
  public ProxyFixture() {
    this(builder -> builder);
  }

  /** Starts a proxy with settings. */
  public ProxyFixture(UnaryOperator<ProxyServerBuilder> settings) {
    proxy =
        settings
            .apply(
                ProxyServer.builder(transport)
                    .engines(List.of(engine))
                    .services(List.of())
                    .rebuildDelay(Duration.ofMillis(20))
                    .observer(this::observe))
            .start();
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    listener =
        transport.bind(
            new ListenerConfig(
                "web", List.of(address), null, Timeouts.DEFAULT, ConnectionLimits.DEFAULT),
            proxy);
  }

  private void observe(ExchangeRecord record) {
    var error = record.error();
    seen.add(
        new Seen(
            record.status(),
            record.code(),
            String.valueOf(record.route()),
            String.valueOf(record.plugin()),
            record.attempts(),
            error == null ? "" : error.detail()));
  }

  /** Returns the proxy. */
  public ProxyServer proxy() {
    return proxy;
  }

  /** Returns what runs the plugins. */
  public TestEngine engine() {
    return engine;
  }

  /** Returns what the observer was told. */
  public Queue<Seen> seen() {
    return seen;
  }

  /** Returns where the proxy listens. */
  public InetSocketAddress address() {
    return listener.addresses().getFirst();
  }

  /** Returns a transport that is not the proxy's. */
  public Transport others() {
    return others;
  }

  /** Starts an upstream. */
  public TestUpstream upstream(Consumer<Exchange> onHeaders) {
    var upstream = TestUpstream.start(others, onHeaders);
    opened.add(upstream);
    return upstream;
  }

  /** Starts an upstream that sends back what it gets. */
  public TestUpstream echo() {
    var upstream = TestUpstream.echo(others, null);
    opened.add(upstream);
    return upstream;
  }

  /** Returns a client that speaks a protocol. */
  public TestClient client(ProtocolChoice protocol) {
    var client = new TestClient(others, protocol, null);
    opened.add(client);
    return client;
  }

  /** Describes an upstream. */
  public static UpstreamSpec spec(String name, ProtocolChoice protocol, int... ports) {
    var endpoints = new UpstreamSpec.Endpoint[ports.length];
    for (int i = 0; i < ports.length; i++) {
      endpoints[i] = new UpstreamSpec.Endpoint("127.0.0.1", ports[i]);
    }
    return UpstreamSpec.of(name, protocol, endpoints);
  }

  /** Describes a plugin of the test engine. */
  public static PluginSpec plugin(String name, String digest, String configuration) {
    return PluginSpec.of(
        VmSpec.of("test", new PluginSource(name, "1", digest, Path.of("none"), "")), configuration);
  }

  /** Puts a configuration in force. */
  public Snapshot serve(
      List<Route> routes, List<UpstreamSpec> upstreams, List<PluginSpec> plugins) {
    var snapshot = proxy.prepare(new SnapshotSpec(routes, upstreams, plugins));
    proxy.swap(snapshot);
    return snapshot;
  }

  /** Sends a request without body and waits for the answer. */
  public Exchange get(TestClient client, String path, String... fields) {
    return done(client.send(address(), TestClient.request("GET", path, fields)));
  }

  /** Waits for an answer to be complete. */
  public static Exchange done(Exchange exchange) {
    return exchange.complete().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Waits for the headers of an answer. */
  public static Headers headers(Exchange exchange) {
    return exchange.headers().orTimeout(20, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() throws Exception {
    for (var each : opened) {
      each.close();
    }
    listener.drain(Duration.ZERO);
    proxy.close();
    transport.close();
    others.close();
  }
}
