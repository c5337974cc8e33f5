package dev.sluice.wasm.internal;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.PluginLog;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Is a root context: one configuration of a plugin in a VM (proxy-wasm, "plugin context"). */
final class GuestRoot extends GuestContext implements PluginRoot {
  private final RootContext context;
  private final HostServices services;
  private final PluginLog log;
  private final Properties properties;
  private final byte[] configuration;
  private final Set<Callback> callbacks;
  private boolean created;
  private boolean pendingDone;
  private boolean closed;

  GuestRoot(GuestVm vm, int id, RootContext context) {
    super(vm, id);
    this.context = context;
    services = context.services();
    log = services.log();
    properties = context.properties();
    configuration = context.configuration();
    var implemented = EnumSet.noneOf(Callback.class);
    for (GuestExport export : GuestExport.values()) {
      Callback callback = export.callback();
      if (callback != null && vm.has(export)) {
        implemented.add(callback);
      }
    }
    if (vm.has(GuestExport.DONE) || vm.has(GuestExport.DELETE)) {
      implemented.add(Callback.LOG); // it wants to know of each exchange's end
    }
    callbacks = Collections.unmodifiableSet(implemented);
  }

  /**
   * Creates the context in the guest and configures it.
   *
   * @throws PluginException when the guest refuses or fails
   */
  void start(byte[] vmConfiguration) {
    GuestVm vm = vm();
    vm.enter(vm.startLimit());
    try {
      if (vm.has(GuestExport.CONTEXT_CREATE)) {
        vm.call(this, GuestExport.CONTEXT_CREATE, id(), 0);
      }
      created = true;
      if (vm.has(GuestExport.VM_START)
          && vm.call(this, GuestExport.VM_START, id(), vmConfiguration.length) == 0) {
        throw refused("proxy_on_vm_start returned false");
      }
      if (vm.has(GuestExport.CONFIGURE)
          && vm.call(this, GuestExport.CONFIGURE, id(), configuration.length) == 0) {
        delete();
        throw refused("proxy_on_configure returned false");
      }
    } finally {
      vm.leave();
    }
  }

  private PluginException refused(String how) {
    return new PluginException(
        Kind.CONFIGURE,
        context.plugin() + ": the plugin refused its configuration: " + how + "; see its log");
  }

  @Override
  public Set<Callback> callbacks() {
    return callbacks;
  }

  @Override
  public HttpFilter newFilter(StreamContext stream) {
    checkAlive();
    vm().serve();
    return new GuestStream(this, vm().nextContextId(), stream);
  }

  @Override
  public NetworkFilter newNetworkFilter(ConnectionContext connection) {
    checkAlive();
    boolean network =
        vm().has(GuestExport.NEW_CONNECTION)
            || vm().has(GuestExport.DOWNSTREAM_DATA)
            || vm().has(GuestExport.UPSTREAM_DATA)
            || vm().has(GuestExport.DOWNSTREAM_CLOSE)
            || vm().has(GuestExport.UPSTREAM_CLOSE);
    if (!network) {
      throw new PluginException(
          Kind.LOAD,
          context.plugin()
              + ": not a NETWORK plugin (expected: an export proxy_on_new_connection,"
              + " proxy_on_downstream_data or proxy_on_upstream_data)");
    }
    vm().serve();
    return new GuestConnection(this, vm().nextContextId(), connection);
  }

  private void checkAlive() {
    if (closed || !vm().isAlive()) {
      throw new PluginException(Kind.DEAD, context.plugin() + ": its VM has failed before");
    }
  }

  @Override
  public void onTick() {
    callback(GuestExport.TICK, 0, 0);
  }

  /** Calls a callback of the root context, if the guest has it. */
  void callback(GuestExport export, int first, int second) {
    GuestVm vm = vm();
    if (closed || !vm.has(export)) {
      return;
    }
    vm.enter(vm.callLimit());
    try {
      vm.call(this, export, id(), first, second);
    } finally {
      vm.leave();
    }
  }

  @Override
  public boolean onDone() {
    GuestVm vm = vm();
    if (closed || !vm.isAlive() || !vm.has(GuestExport.DONE)) {
      return true;
    }
    vm.enter(vm.callLimit());
    try {
      pendingDone = vm.call(this, GuestExport.DONE, id()) == 0;
    } finally {
      vm.leave();
    }
    return !pendingDone;
  }

  /** The guest says that it is done, after it had asked to wait. */
  int done() {
    if (!pendingDone) {
      return AbiStatus.NOT_FOUND;
    }
    pendingDone = false;
    vm().afterCall(context::done);
    return AbiStatus.OK;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    GuestVm vm = vm();
    if (vm.isAlive()) {
      vm.enter(vm.callLimit());
      try {
        delete();
      } catch (PluginException e) {
        // The VM has logged it and is dead; there is nothing left to close.
      } finally {
        vm.leave();
      }
    }
    closed = true;
    vm.forget(this);
  }

  private void delete() {
    if (created && vm().has(GuestExport.DELETE)) {
      created = false;
      vm().call(this, GuestExport.DELETE, id());
    }
  }

  @Override
  GuestRoot root() {
    return this;
  }

  @Override
  Properties properties() {
    return properties;
  }

  RootContext context() {
    return context;
  }

  HostServices services() {
    return services;
  }

  PluginLog log() {
    return log;
  }

  byte[] configuration() {
    return configuration;
  }
}
