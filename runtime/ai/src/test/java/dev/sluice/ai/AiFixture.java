package dev.sluice.ai;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.VmSpec;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch;
import dev.sluice.proxy.testing.ProxyFixture;
import dev.sluice.proxy.testing.TestEngine;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Is a proxy with an AI route, upstreams that say what a test wants, and clients. */
final class AiFixture implements AutoCloseable {
  /** What an exchange left behind. */
  record Seen(
      int status,
      String code,
      AiEnd.@Nullable Outcome outcome,
      String requestedModel,
      String answeredModel,
      String provider,
      Usage usage,
      List<AiFacts.AiAttempt> attempts,
      String finishReason) {}

  final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  final AiMemory memory = new AiMemory(Long.MAX_VALUE);
  private final List<UpstreamSpec> upstreams = new ArrayList<>();
  private final List<PluginSpec> plugins = new ArrayList<>();
  private final ProxyFixture proxy;
  private AiLimits limits = AiLimits.DEFAULT;

  AiFixture() {
    proxy = new ProxyFixture(builder -> builder.observer(this::observe));
  }

  private void observe(ExchangeRecord record) {
    var ai = record.ai();
    if (ai != null) {
      seen.add(
          new Seen(
              record.status(),
              record.code(),
              ai.outcome(),
              ai.requestedModel(),
              ai.answeredModel(),
              ai.provider(),
              ai.usage(),
              List.copyOf(ai.attempts()),
              ai.finishReason()));
    }
  }

  /** Starts an upstream that answers each request when it is whole. */
  TestUpstream upstream(String name, Consumer<Exchange> answer) {
    var upstream =
        proxy.upstream(
            exchange -> exchange.complete().thenAccept(whole -> answer.accept(exchange)));
    upstreams.add(ProxyFixture.spec(name, ProtocolChoice.HTTP_1_1, upstream.port()));
    return upstream;
  }

  /** Names an upstream at which nobody listens. */
  void dead(String name, int port) {
    upstreams.add(ProxyFixture.spec(name, ProtocolChoice.HTTP_1_1, port));
  }

  /** Adds a plugin; those added first see the request first. */
  void plugin(String name, EnumSet<Callback> callbacks, TestEngine.Behaviour behaviour) {
    proxy.engine().with(name, callbacks, behaviour);
    var granted = new Grants(Set.of(), Set.of(), Set.of(), Set.of("ai"));
    var source =
        new PluginSource("p" + plugins.size() + "-" + name, "1", name, Path.of("none"), "");
    plugins.add(PluginSpec.of(VmSpec.of("test", source).withGrants(granted), ""));
  }

  void limits(AiLimits other) {
    limits = other;
  }

  /** Puts a route in force that passes to an upstream. */
  void serve(Concern.Kind... allowed) {
    serve(Route.to("llm", RouteMatch.ANY, upstreams.getFirst().name()), null, allowed);
  }

  /** Puts a route in force that asks a router. */
  void serve(ModelRouter router, Concern.Kind... allowed) {
    var route =
        new Route(
            "llm",
            RouteMatch.ANY,
            List.of(),
            List.of(),
            java.time.Duration.ZERO,
            dev.sluice.proxy.route.RetryPolicy.NONE);
    serve(route, router, allowed);
  }

  void serve(Route route, @Nullable ModelRouter router, Concern.Kind... allowed) {
    var kinds = EnumSet.noneOf(Concern.Kind.class);
    kinds.addAll(List.of(allowed));
    var bindings =
        plugins.stream().map(plugin -> new Route.PluginBinding(plugin.name(), null)).toList();
    proxy.serve(
        List.of(route.withPlugins(bindings).with(new AiRoute(kinds, router, limits, memory))),
        upstreams,
        plugins);
  }

  /** Sends a request. */
  Exchange send(String path, String body, String... fields) {
    return send(ProtocolChoice.HTTP_1_1, path, body.getBytes(StandardCharsets.UTF_8), fields);
  }

  Exchange send(ProtocolChoice protocol, String path, byte[] body, String... fields) {
    var headers = TestClient.request("POST", path, fields);
    headers.add("content-type", "application/json");
    headers.add("content-length", Integer.toString(body.length));
    return proxy
        .client(protocol)
        .send(
            proxy.address(),
            headers,
            false,
            exchange -> exchange.stream().sendData(Unpooled.wrappedBuffer(body), true));
  }

  Exchange get(String path, String... fields) {
    return proxy.get(proxy.client(ProtocolChoice.HTTP_1_1), path, fields);
  }

  /** Sends a request and waits for the answer. */
  Exchange post(String path, String body, String... fields) {
    return done(send(path, body, fields));
  }

  static Exchange done(Exchange exchange) {
    return exchange.complete().orTimeout(20, TimeUnit.SECONDS).join();
  }

  static int status(Exchange exchange) {
    return headers(exchange).status();
  }

  static Headers headers(Exchange exchange) {
    return exchange.headers().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Waits for the record of one exchange. */
  Seen one() {
    org.awaitility.Awaitility.await().until(() -> !seen.isEmpty());
    return seen.element();
  }

  /** Answers with a stream, all at once. */
  static void stream(Exchange exchange, String events) {
    exchange.stream()
        .sendHeaders(Headers.of(":status", "200", "content-type", "text/event-stream"), false);
    exchange.stream()
        .sendData(Unpooled.wrappedBuffer(events.getBytes(StandardCharsets.UTF_8)), true);
  }

  @Override
  public void close() throws Exception {
    proxy.close();
  }
}
