package dev.sluice.polyglot.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.PluginLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;

/**
 * Is one context of a script plugin. It starts on the warm-up thread and then runs on the script
 * thread of its loop only; the loop hands invocations over and gets outcomes back.
 */
final class ScriptVm implements PluginVm, CallGuard.Owner {
  /** The first callbacks load and translate the code they run. */
  private static final int COLD_CALLS = 100;

  private static final int COLD_FACTOR = 10;

  /** Starting allocates GraalVM's own structures, which are not the script's fault. */
  private static final int START_ALLOCATION_FACTOR = 16;

  private final ScriptModule module;
  private final VmContext context;
  private final ScriptThread thread;
  private final CallGuard guard;
  private final Context polyglot;
  private final HostBridge bridge;
  private final RetainedMemory memory;
  private final Value prelude;
  private final EnumSet<ScriptCallback> callbacks = EnumSet.noneOf(ScriptCallback.class);
  private final Map<Long, Invocation> pending = new ConcurrentHashMap<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean alive = true;
  private volatile @Nullable PluginException death;
  private long lastId;
  private long calls;
  private boolean ticks;

  /** The invocation whose turn it is; set on the script thread. */
  private volatile @Nullable Invocation turn;

  ScriptVm(ScriptModule module, VmContext context) {
    this.module = module;
    this.context = context;
    thread = module.engine().threads().of(context.loop());
    guard = module.engine().watchdog().register(this);
    polyglot = module.engine().newContext();
    bridge = new HostBridge(this);
    memory = new RetainedMemory(module.engine().contextHeap(), context.limits().memory());
    try {
      prelude =
          enter(
              "loading",
              startNanos(),
              startBytes(),
              () -> polyglot.eval(module.engine().prelude()).execute(bridge.functions()));
      enter(
          "loading",
          startNanos(),
          startBytes(),
          () -> {
            var exports = polyglot.eval(module.source());
            load(
                language().equals(ScriptLanguage.PYTHON)
                    ? polyglot.getBindings(language().id()).getMember("plugin")
                    : exports);
            return true;
          });
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void load(@Nullable Value exports) {
    var names = prelude.invokeMember("load", exports);
    if (names.isString()) {
      throw new PluginException(Kind.LOAD, context.plugin() + ": " + names.asString());
    }
    for (long i = 0; i < names.getArraySize(); i++) {
      callbacks.add(ScriptCallback.named(names.getArrayElement(i).asString()));
    }
  }

  private long startNanos() {
    return context.limits().startTime().toNanos();
  }

  private long startBytes() {
    return context.limits().memory() * START_ALLOCATION_FACTOR;
  }

  @Override
  public PluginRoot newRoot(RootContext rootContext) {
    int root = (int) ++lastId;
    var text = new String(rootContext.configuration(), StandardCharsets.UTF_8);
    try {
      long tick =
          enter(
              "onConfigure",
              startNanos(),
              startBytes(),
              () -> configure(root, rootContext.plugin(), rootContext.rootId(), text));
      ticks |= tick > 0;
      if (calls == 0 && memory.isStarting()) {
        memory.started();
        measureMemory();
      }
      return new ScriptRoot(this, root, rootContext, tick);
    } catch (PluginException e) {
      throw e.kind() == Kind.TRAP
          ? new PluginException(Kind.CONFIGURE, String.valueOf(e.getMessage()), e)
          : e;
    }
  }

  private long configure(int root, String plugin, String rootId, String text) {
    var tick = prelude.invokeMember("configure", root, plugin, rootId, text);
    if (tick.isString()) {
      throw new PluginException(Kind.CONFIGURE, context.plugin() + ": " + tick.asString());
    }
    return (long) tick.asDouble();
  }

  EnumSet<ScriptCallback> callbacks() {
    return callbacks;
  }

  ScriptLanguage language() {
    return module.engine().language();
  }

  VmContext context() {
    return context;
  }

  ScriptThread thread() {
    return thread;
  }

  /** Returns a number for a stream or an invocation; on the loop. */
  long nextId() {
    return ++lastId;
  }

  /** Hands a callback over to the script thread; on the loop. */
  void invoke(int root, long stream, Invocation invocation, Invocation.Input input) {
    pending.put(invocation.id(), invocation);
    if (!alive) {
      fail(invocation, dead());
      return;
    }
    thread.execute(() -> begin(root, stream, invocation, input));
  }

  private void begin(int root, long stream, Invocation invocation, Invocation.Input input) {
    invocation.start();
    calls++;
    turn(
        invocation,
        () ->
            prelude.invokeMember(
                "invoke",
                invocation.id(),
                root,
                stream,
                invocation.callback(),
                input.requestHeaders(),
                input.responseHeaders(),
                input.trailers(),
                input.end(),
                input.body() == null ? null : HostBridge.reader(language(), input.body())));
  }

  /** Gives the script the answer of a host call; on the script thread. */
  void settle(
      @Nullable Invocation asker,
      long call,
      boolean succeeded,
      @Nullable Object value,
      String text) {
    if (alive) {
      turn(asker, () -> prelude.invokeMember("settle", call, succeeded, value, text));
    }
  }

  /** Drops what the script keeps of a stream; on the loop. */
  void forget(long stream) {
    if (alive) {
      thread.execute(() -> turn(null, () -> prelude.invokeMember("forget", stream)));
    }
  }

  private void turn(@Nullable Invocation invocation, Supplier<Value> task) {
    if (!alive) {
      failPending();
      return;
    }
    turn = invocation;
    long factor = calls <= COLD_CALLS ? COLD_FACTOR : 1;
    long nanos = context.limits().callTime().toNanos() * factor;
    long bytes = context.limits().memory();
    String what = invocation == null ? "a promise" : invocation.callback();
    try {
      if (invocation != null) {
        nanos -= invocation.usedNanos();
        bytes -= invocation.usedBytes();
      }
      enter(what, nanos, bytes, task, invocation);
    } catch (PluginException e) {
      if (invocation != null) {
        fail(invocation, e);
      } else {
        log(e);
      }
    } finally {
      turn = null;
    }
    if (memory.isDue()) {
      measureMemory();
    }
    failHopeless();
  }

  /** Ends a context that keeps more than it may; GraalVM itself bounds nothing here. */
  private void measureMemory() {
    if (!alive) {
      return;
    }
    try {
      polyglot.enter();
      try {
        if (memory.measure()) {
          die(tooMuchKept());
        }
      } finally {
        polyglot.leave();
      }
    } catch (IllegalStateException | PolyglotException e) {
      // It was closed or cancelled meanwhile.
    }
  }

  private PluginException tooMuchKept() {
    return new PluginException(
        Kind.LIMIT,
        context.plugin()
            + ": keeps more than "
            + context.limits().memory()
            + " bytes between its callbacks (limits.memory)");
  }

  /** Fails callbacks that await what nothing is left to bring. */
  private void failHopeless() {
    if (pending.isEmpty() || ticks || bridge.inFlight() > 0 || !alive) {
      return;
    }
    for (var invocation : pending.values()) {
      if (invocation.isStarted()) {
        fail(
            invocation,
            new PluginException(
                Kind.TRAP,
                context.plugin()
                    + ": "
                    + invocation.callback()
                    + " awaits a promise that nothing will settle: no host call is in flight"));
      }
    }
  }

  private <T> T enter(String what, long nanos, long bytes, Supplier<T> task) {
    return enter(what, nanos, bytes, task, null);
  }

  private <T> T enter(
      String what, long nanos, long bytes, Supplier<T> task, @Nullable Invocation invocation) {
    if (!alive) {
      throw dead();
    }
    var entry = guard.arm(nanos, bytes);
    try {
      polyglot.enter();
      try {
        return task.get();
      } finally {
        polyglot.leave();
      }
    } catch (PluginException e) {
      throw e;
    } catch (Throwable thrown) { // a script may end in any error
      var breach = guard.disarm(entry);
      if (breach != null) {
        throw breach(what, breach);
      }
      var failure = ScriptFailures.of(module.sourceMap(), context.plugin(), what, thrown);
      if (failure.kind() != Kind.TRAP) {
        die(failure);
      }
      throw failure;
    } finally {
      var breach = guard.disarm(entry);
      memory.allocated(entry.allocatedBytes());
      if (invocation != null && !invocation.isOver()) {
        invocation.used(entry.cpuNanos(), entry.allocatedBytes());
      }
      if (breach != null) {
        var failure = breach(what, breach);
        die(failure);
        if (invocation != null) { // which may have come to its end all the same
          fail(invocation, failure);
        }
      }
    }
  }

  private PluginException breach(String what, CallGuard.Breach breach) {
    var limits = context.limits();
    return breach == CallGuard.Breach.TIME
        ? new PluginException(
            Kind.TIMEOUT,
            context.plugin()
                + ": "
                + what
                + " used more CPU time than its limit of "
                + limits.callTime()
                + " (limits.callTime)")
        : new PluginException(
            Kind.LIMIT,
            context.plugin()
                + ": "
                + what
                + " allocated more than "
                + limits.memory()
                + " bytes (limits.memory)");
  }

  // CallGuard.Owner, on the watchdog's thread

  @Override
  public void breached(CallGuard.Breach breach) {
    var running = turn;
    die(breach(running == null ? "the script" : running.callback(), breach));
  }

  @Override
  public void stuck(Thread stuck) {
    var reason = "it kept a thread and could not be stopped; load another version to try again";
    log(new PluginException(Kind.TIMEOUT, context.plugin() + " is quarantined: " + reason));
    module.quarantine(reason);
    thread.replace(stuck);
    failPending();
  }

  /** Ends the context because of a failure; any thread. */
  private void die(PluginException cause) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    death = cause;
    alive = false;
    log(cause);
    // Waits until the script has left the context, however long that takes.
    Thread.ofPlatform()
        .daemon()
        .name("sluice-script-cancel")
        .start(
            () -> {
              polyglot.close(true);
              module.engine().watchdog().unregister(guard);
              failPending();
            });
  }

  private PluginException dead() {
    var cause = death;
    return new PluginException(
        Kind.DEAD,
        context.plugin()
            + ": its context has ended"
            + (cause == null ? "" : ": " + cause.getMessage()));
  }

  private void failPending() {
    pending.values().forEach(invocation -> fail(invocation, dead()));
  }

  private void fail(Invocation invocation, PluginException failure) {
    pending.remove(invocation.id());
    var cause = death;
    // A callback that was stopped is told why; those that only waited learn that it is over.
    invocation.failed(cause != null && invocation == turn ? cause : failure);
  }

  private void log(PluginException failure) {
    context.services().log().log(PluginLog.Level.ERROR, String.valueOf(failure.getMessage()));
  }

  // What the script reports, on the script thread

  void finished(long id, Invocation.Outcome outcome) {
    var invocation = pending.remove(id);
    if (invocation != null) {
      invocation.finished(outcome);
    }
  }

  void rejected(long id, Value error) {
    var invocation = pending.get(id);
    if (invocation != null) {
      fail(
          invocation,
          ScriptFailures.ofValue(
              module.sourceMap(), context.plugin(), invocation.callback(), error));
    }
  }

  void unhandled(Value error) {
    log(
        ScriptFailures.ofValue(
            module.sourceMap(), context.plugin(), "a promise that nobody handles", error));
  }

  @Nullable Invocation turn() {
    return turn;
  }

  @Override
  public boolean isAlive() {
    return alive;
  }

  @Override
  public boolean isBusy() {
    return thread.isBusy() || (!alive && !pending.isEmpty());
  }

  /** Returns what the context kept when it was measured last ({@link RetainedMemory}). */
  @Override
  public long memoryBytes() {
    return memory.bytes();
  }

  @Override
  public void close() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    alive = false;
    List<Invocation> left = new ArrayList<>(pending.values());
    left.forEach(invocation -> fail(invocation, dead()));
    thread.execute(
        () -> {
          module.engine().watchdog().unregister(guard);
          polyglot.close(true);
        });
  }
}
