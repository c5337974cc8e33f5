package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.Candidate;
import dev.sluice.benchmarks.internal.Conversation;
import dev.sluice.benchmarks.internal.EmbeddedTransport;
import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.Timeouts;
import dev.sluice.plugin.Grants;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.UpstreamSpec;
import dev.sluice.proxy.VmSpec;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import dev.sluice.proxy.route.RouteMatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures one exchange through the whole gateway without the kernel: codec of the client's leg,
 * route, filter chain, attempt, codec of the upstream's leg, and back. Both legs speak the same
 * protocol; one connection each.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class ExchangeBench {
  /** The plugin that stands for an empty filter chain. */
  public static final String NONE = "none";

  private static final int ROUTES = 10;

  /** What both legs speak. */
  @Param({"h1", "h2"})
  public String protocol;

  /** What is in the filter chain: nothing, a bundled guest, or a plugin that was handed over. */
  @Param({NONE, "header"})
  public String plugin;

  /** The first callbacks of a script load what they run. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private Conversation conversation;
  private EmbeddedTransport transport;
  private ProxyServer proxy;
  private EmbeddedChannel client;

  /** Starts the gateway, and takes a first exchange through it that is looked at closely. */
  @Setup
  public void start() {
    conversation = Conversation.of(protocol);
    transport = new EmbeddedTransport(conversation::codec);
    proxy = ProxyServer.builder(transport).start();
    proxy.swap(transport.beside(() -> proxy.prepare(spec())));
    transport.turn();
    var listener =
        new ListenerConfig("bench", List.of(), null, Timeouts.DEFAULT, ConnectionLimits.DEFAULT);
    client = transport.accept(listener, proxy);
    firstExchange();
  }

  private SnapshotSpec spec() {
    var upstream =
        UpstreamSpec.of(
            "upstream", conversation.protocol(), new UpstreamSpec.Endpoint("127.0.0.1", 9000));
    List<PluginSpec> plugins = new ArrayList<>();
    List<PluginBinding> bindings = new ArrayList<>();
    if (!plugin.equals(NONE)) {
      var candidate = Candidate.named(plugin);
      plugins.add(PluginSpec.of(vm(candidate), candidate.configuration()));
      bindings.add(new PluginBinding(plugin, null));
    }
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < ROUTES; i++) {
      routes.add(Route.to("other-" + i, RouteMatch.prefix("/other-" + i), "upstream"));
    }
    routes.add(Route.to("api", RouteMatch.prefix("/api"), "upstream").withPlugins(bindings));
    return new SnapshotSpec(routes, List.of(upstream), plugins);
  }

  /** Who benches a plugin trusts it as far as its manifest asks. */
  private static VmSpec vm(Candidate candidate) {
    var vm = VmSpec.of(candidate.engine(), candidate.source());
    return new VmSpec(
        vm.engine(),
        vm.source(),
        vm.vmId(),
        vm.configuration(),
        vm.environment(),
        candidate.limits(),
        new Grants(Set.of(), Set.of(), Set.of(), candidate.services()),
        true);
  }

  private void firstExchange() {
    client.writeInbound(conversation.clientGreeting(client.alloc()));
    transport.turn();
    client.writeInbound(conversation.request(client.alloc()));
    turnUntil(transport::hasUpstream);
    if (!transport.hasUpstream()) {
      throw new IllegalStateException("the request did not get through: " + text(got(client)));
    }
    EmbeddedChannel upstream = transport.upstream();
    upstream.writeInbound(conversation.upstreamGreeting(upstream.alloc()));
    transport.turn();
    conversation.upstreamGot(got(upstream));
    upstream.writeInbound(conversation.answer(upstream.alloc()));
    var answered = Unpooled.buffer();
    turnUntil(() -> text(answered.writeBytes(got(client))).contains(Conversation.BODY));
    String answer = text(answered);
    if (!answer.contains(Conversation.BODY)) {
      throw new IllegalStateException("not the upstream's answer: " + answer);
    }
  }

  /** Turns the loop until something has come true, or nothing will. */
  private void turnUntil(BooleanSupplier reached) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    do {
      transport.turn();
    } while (!reached.getAsBoolean() && System.nanoTime() < end);
  }

  private static ByteBuf got(EmbeddedChannel channel) {
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf out; (out = channel.readOutbound()) != null; out.release()) {
      all.writeBytes(out);
    }
    return all;
  }

  private static String text(ByteBuf octets) {
    return octets.toString(StandardCharsets.ISO_8859_1);
  }

  /** Takes one exchange through the gateway; returns the octets that the client got. */
  @Benchmark
  public int exchange() {
    EmbeddedChannel upstream = transport.upstream();
    client.writeInbound(conversation.request(client.alloc()));
    transport.turn();
    awaitOctets(upstream, 1);
    upstream.writeInbound(conversation.answer(upstream.alloc()));
    transport.turn();
    return awaitOctets(client, Conversation.BODY.length());
  }

  /** Turns the loop until as many octets have come out; a script takes its time on its thread. */
  private int awaitOctets(EmbeddedChannel channel, int least) {
    int octets = octets(channel);
    long end = octets < least ? System.nanoTime() + PATIENCE_NANOS : 0;
    while (octets < least) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the message did not come through");
      }
      Thread.onSpinWait();
      transport.turn();
      octets += octets(channel);
    }
    return octets;
  }

  private static int octets(EmbeddedChannel channel) {
    int octets = 0;
    for (ByteBuf out; (out = channel.readOutbound()) != null; out.release()) {
      octets += out.readableBytes();
    }
    return octets;
  }

  /** Stops the gateway. */
  @TearDown
  public void stop() {
    transport.beside(
        () -> {
          proxy.close();
          return true;
        });
    client.finishAndReleaseAll();
    transport.upstream().finishAndReleaseAll();
    transport.turn();
    transport.close();
  }
}
