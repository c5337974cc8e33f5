package dev.sluice.proxy.testing;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs filters written in tests, and watches that the proxy keeps the contract of an engine. */
public final class TestEngine implements PluginEngine {
  /** Makes the filter of an exchange. */
  @FunctionalInterface
  public interface Behaviour {
    /** Makes a filter. */
    HttpFilter filter(Root root, StreamContext stream);
  }

  private record Code(Behaviour behaviour, Set<Callback> callbacks) {}

  private final Map<String, Code> behaviours = new ConcurrentHashMap<>();
  private final List<Vm> vms = new CopyOnWriteArrayList<>();
  private final AtomicInteger modules = new AtomicInteger();
  private final AtomicInteger loads = new AtomicInteger();

  /** Sets what the plugin with a digest does. */
  public TestEngine with(String digest, Behaviour behaviour) {
    return with(digest, EnumSet.allOf(Callback.class), behaviour);
  }

  /** Sets what the plugin with a digest does, and which callbacks it has. */
  public TestEngine with(String digest, Set<Callback> callbacks, Behaviour behaviour) {
    behaviours.put(digest, new Code(behaviour, EnumSet.copyOf(callbacks)));
    return this;
  }

  /** Returns all VMs ever made. */
  public List<Vm> vms() {
    return vms;
  }

  /** Returns the VMs that live. */
  public List<Vm> openVms() {
    return vms.stream().filter(vm -> !vm.closed).toList();
  }

  /** Returns the modules that are open. */
  public int openModules() {
    return modules.get();
  }

  /** Returns how often a module was compiled. */
  public int loads() {
    return loads.get();
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public PluginModule load(PluginSource source, EngineOptions options) {
    var code = behaviours.get(source.digest());
    if (code == null) {
      throw new PluginException(PluginException.Kind.LOAD, "no such code: " + source.digest());
    }
    modules.incrementAndGet();
    loads.incrementAndGet();
    return new PluginModule() {
      @Override
      public PluginVm newVm(VmContext context) {
        var vm = new Vm(context, code);
        vms.add(vm);
        return vm;
      }

      @Override
      public void close() {
        modules.decrementAndGet();
      }
    };
  }

  /** Is a VM. */
  public static final class Vm implements PluginVm {
    private final VmContext context;
    private final Code code;
    private final List<Root> roots = new CopyOnWriteArrayList<>();
    private volatile boolean alive = true;
    private volatile boolean closed;

    Vm(VmContext context, Code code) {
      this.context = context;
      this.code = code;
    }

    /** Returns its root contexts. */
    public List<Root> roots() {
      return roots;
    }

    /** Returns what it was given. */
    public VmContext context() {
      return context;
    }

    /** Returns whether it was closed. */
    public boolean isClosed() {
      return closed;
    }

    /** Dies, as a guest does that traps. */
    public PluginException die() {
      alive = false;
      return new PluginException(PluginException.Kind.TRAP, "unreachable");
    }

    @Override
    public PluginRoot newRoot(RootContext root) {
      var made = new Root(this, root);
      if (made.configuration().equals("refuse")) {
        throw new PluginException(
            PluginException.Kind.CONFIGURE, "configuration: refuse (expected: another)");
      }
      if (made.configuration().equals("hang")) {
        hang();
      }
      roots.add(made);
      return made;
    }

    private static void hang() {
      try {
        Thread.sleep(600_000);
      } catch (InterruptedException e) {
        throw new PluginException(PluginException.Kind.TIMEOUT, "interrupted", e);
      }
    }

    @Override
    public boolean isAlive() {
      return alive && !closed;
    }

    @Override
    public long memoryBytes() {
      return 1000;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** Is a root context. */
  public static final class Root implements PluginRoot {
    private final Vm vm;
    private final RootContext context;
    private final AtomicInteger ticks = new AtomicInteger();
    private final AtomicInteger filters = new AtomicInteger();
    private volatile boolean closed;
    private volatile boolean asked;

    Root(Vm vm, RootContext context) {
      this.vm = vm;
      this.context = context;
    }

    /** Returns its VM. */
    public Vm vm() {
      return vm;
    }

    /** Returns what it was given. */
    public RootContext context() {
      return context;
    }

    /** Returns its configuration. */
    public String configuration() {
      return new String(context.configuration(), StandardCharsets.UTF_8);
    }

    /** Returns how often it ticked. */
    public int ticks() {
      return ticks.get();
    }

    /** Returns how many filters it made. */
    public int filters() {
      return filters.get();
    }

    /** Returns whether it was closed. */
    public boolean isClosed() {
      return closed;
    }

    /** Returns whether it was asked to finish. */
    public boolean isAsked() {
      return asked;
    }

    @Override
    public Set<Callback> callbacks() {
      return vm.code.callbacks();
    }

    @Override
    public HttpFilter newFilter(StreamContext stream) {
      if (!vm.isAlive()) {
        throw new PluginException(PluginException.Kind.DEAD, "the VM is dead");
      }
      if (closed) {
        throw new AssertionError("a filter after the end of its root context");
      }
      filters.incrementAndGet();
      return vm.code.behaviour().filter(this, stream);
    }

    @Override
    public void onTick() {
      ticks.incrementAndGet();
    }

    @Override
    public boolean onDone() {
      asked = true;
      return true;
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
