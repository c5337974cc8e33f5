package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.engine.PluginRoot;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/** Is one configuration of a script plugin. Belongs to its loop. */
final class ScriptRoot implements PluginRoot {
  private final ScriptVm vm;
  private final int id;
  private final RootContext context;
  private final Set<Callback> callbacks = EnumSet.noneOf(Callback.class);
  private boolean ticking;
  private boolean closed;

  /**
   * Creates a root context.
   *
   * @param tick milliseconds between ticks, 0 for none
   */
  ScriptRoot(ScriptVm vm, int id, RootContext context, long tick) {
    this.vm = vm;
    this.id = id;
    this.context = context;
    vm.callbacks().forEach(callback -> callbacks.addAll(callback.needs()));
    if (tick > 0) {
      context.setTickPeriod(Duration.ofMillis(tick));
    }
  }

  @Override
  public Set<Callback> callbacks() {
    return callbacks;
  }

  @Override
  public HttpFilter newFilter(StreamContext stream) {
    if (closed || !vm.isAlive()) {
      throw new PluginException(Kind.DEAD, context.plugin() + ": its context has ended");
    }
    return new ScriptStream(this, vm, vm.nextId(), stream);
  }

  @Override
  public void onTick() {
    // A tick that takes longer than its period is not followed by a crowd of others.
    if (!ticking && vm.callbacks().contains(ScriptCallback.TICK)) {
      ticking = true;
      call(ScriptCallback.TICK, () -> ticking = false);
    }
  }

  @Override
  public boolean onDone() {
    if (closed || !vm.isAlive() || !vm.callbacks().contains(ScriptCallback.DONE)) {
      return true;
    }
    call(ScriptCallback.DONE, context::done);
    return false;
  }

  private void call(ScriptCallback callback, Runnable afterwards) {
    Consumer<PluginException> failed =
        failure -> {
          vm.context().executor().execute(afterwards);
          fail(failure);
        };
    vm.invoke(
        id,
        0,
        new Invocation(
            vm.nextId(),
            callback.symbol(),
            null,
            outcome -> vm.context().executor().execute(afterwards),
            failed),
        Invocation.Input.NONE);
  }

  /** Reports a failure outside of any exchange; the proxy counts what a task of the VM throws. */
  void fail(PluginException failure) {
    vm.context()
        .executor()
        .execute(
            () -> {
              throw failure;
            });
  }

  int id() {
    return id;
  }

  int bodyBuffer() {
    return vm.context().limits().bodyBuffer();
  }

  @Override
  public void close() {
    closed = true;
  }
}
