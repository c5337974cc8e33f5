package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.HostServices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Is a script that was started without a proxy around it: one context, one configuration. */
final class Script implements AutoCloseable {
  /** More than a busy machine needs for anything that is meant to succeed. */
  static final Limits GENEROUS = limits(Duration.ofSeconds(20), 256L << 20);

  final HandLoop loop;
  final HandServices services;
  final PluginModule module;
  final PluginVm vm;
  final Plugin root;
  Duration tickPeriod = Duration.ZERO;
  boolean done;

  private Script(PluginModule module, Limits limits, String config, HandServices services, int at) {
    this.module = module;
    this.services = services;
    loop = new HandLoop();
    vm =
        module.newVm(
            new VmContext("guard", "guard", new byte[0], Map.of(), limits, at, loop, services));
    root = vm.newRoot(new Root(config));
  }

  static Limits limits(Duration callTime, long memory) {
    var usual = Limits.DEFAULT;
    return new Limits(
        memory,
        callTime,
        Duration.ofSeconds(60),
        usual.bodyBuffer(),
        usual.logLines(),
        usual.callouts(),
        usual.timers(),
        usual.metrics(),
        usual.storeBytes(),
        usual.queueItems());
  }

  static PluginModule load(ScriptEngine engine, String text) {
    try {
      var suffix = engine.language().suffixes().getFirst();
      var file = Files.createTempFile("sluice-script-", suffix);
      try {
        Files.writeString(file, text);
        return engine.load(new PluginSource("guard", "", "", file, "guard" + suffix));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Script start(ScriptEngine engine, String text) {
    return start(engine, text, GENEROUS);
  }

  static Script start(ScriptEngine engine, String text, Limits limits) {
    return start(load(engine, text), limits, "", 0);
  }

  static Script start(PluginModule module, Limits limits, String config, int loop) {
    return new Script(module, limits, config, new HandServices(), loop);
  }

  static Script start(ScriptEngine engine, String text, HandServices services) {
    return new Script(load(engine, text), GENEROUS, "", services, 0);
  }

  /** Returns a plugin in JavaScript whose request callback does something. */
  static String doing(String deed) {
    return "export default definePlugin({ async onRequestHeaders(ctx) {\n" + deed + "\n} });";
  }

  /** Sends the headers of a request without a body, and returns the exchange. */
  HandExchange request() {
    var exchange = new HandExchange(loop);
    filter(exchange).onRequestHeaders(exchange.request, true);
    return exchange;
  }

  /** Sends a request and waits until the script has let it go on. */
  HandExchange passed() {
    var exchange = request();
    exchange.untilResumed(Direction.REQUEST);
    return exchange;
  }

  HttpFilter filter(HandExchange exchange) {
    return root.newFilter(exchange);
  }

  /** Waits for a callout. */
  HandServices.Callout callout(int number) {
    loop.until(() -> services.callouts.size() > number);
    return services.callouts.get(number);
  }

  @Override
  public void close() {
    root.close();
    vm.close();
    module.close();
  }

  private final class Root implements RootContext {
    private final String config;

    Root(String config) {
      this.config = config;
    }

    @Override
    public String plugin() {
      return "guard";
    }

    @Override
    public String rootId() {
      return "main";
    }

    @Override
    public byte[] configuration() {
      return config.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public HostServices services() {
      return services;
    }

    @Override
    public Properties properties() {
      return new Properties() {
        @Override
        public byte @Nullable [] get(List<String> path) {
          return null;
        }

        @Override
        public boolean set(List<String> path, byte[] value) {
          return false;
        }
      };
    }

    @Override
    public void setTickPeriod(Duration period) {
      tickPeriod = period;
    }

    @Override
    public void done() {
      done = true;
    }
  }
}
