package dev.sluice.benchmarks.internal;

import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.HostServices;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Is a plugin that was started without a proxy around it. Belongs to the thread that made it. */
public final class Guest implements AutoCloseable {
  /** Is one VM with its root context. */
  record Started(PluginVm vm, Plugin root) implements AutoCloseable {
    @Override
    public void close() {
      root.close();
      vm.close();
    }
  }

  private final Candidate candidate;
  private final PluginEngine engine;
  private final PluginModule module;
  private final BenchLoop loop;
  private final @Nullable Started started;

  private Guest(Candidate candidate, BenchLoop loop, boolean start) {
    this.candidate = candidate;
    this.loop = loop;
    engine = engine(candidate.engine());
    module = engine.load(candidate.source(), new EngineOptions(candidate.limits(), true, null));
    started = start ? another() : null;
  }

  /** Loads a plugin and starts no VM. */
  static Guest load(Candidate candidate) {
    return new Guest(candidate, new BenchLoop(), false);
  }

  static PluginEngine engine(String name) {
    return ServiceLoader.load(PluginEngine.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(found -> found.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no engine " + name));
  }

  /** Starts a further VM, which the caller closes. */
  Started another() {
    var services = new BenchServices(loop);
    var vm =
        module.newVm(
            new VmContext(
                candidate.name(),
                candidate.name(),
                new byte[0],
                Map.of(),
                candidate.limits(),
                0,
                loop,
                services));
    return new Started(vm, vm.newRoot(new Root(candidate, services)));
  }

  /** Starts a bundled guest with a configuration in JSON. */
  public static Guest start(String name, String configuration, BenchLoop loop) {
    return new Guest(Candidate.bundled(name, configuration), loop, true);
  }

  /** Starts a plugin that was handed over, or the bundled guest of that name. */
  public static Guest start(String name, BenchLoop loop) {
    return new Guest(Candidate.named(name), loop, true);
  }

  /** Returns its root context. */
  public Plugin root() {
    return Objects.requireNonNull(started).root();
  }

  @Override
  public void close() {
    if (started != null) {
      started.close();
    }
    module.close();
    engine.close();
  }

  private record Root(Candidate candidate, HostServices services) implements RootContext {
    @Override
    public String plugin() {
      return candidate.name();
    }

    @Override
    public String rootId() {
      return "";
    }

    @Override
    public byte[] configuration() {
      return candidate.configuration().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Properties properties() {
      return BenchStream.NO_PROPERTIES;
    }

    @Override
    public void setTickPeriod(Duration period) {}

    @Override
    public void done() {}
  }
}
