package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.proxy.internal.exchange.ChainLink;
import dev.sluice.proxy.internal.exchange.Exchange;
import dev.sluice.proxy.internal.exchange.FilterSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Is one configuration of a plugin on one loop, whatever VM it lives in just now. Belongs to its
 * loop.
 */
final class LoopRoot implements FilterSource {
  private static final int OF_DIALOGUES =
      ChainLink.bit(Callback.AI_REQUEST)
          | ChainLink.bit(Callback.AI_EVENT)
          | ChainLink.bit(Callback.AI_END);

  private final RootKey key;
  private final LoopVm vm;

  /** Whether the plugin is granted to see and change LLM calls. */
  private final boolean talks;

  private @Nullable RootOnLoop current;

  /** The callbacks of the last VM that lived: a chain built meanwhile must not skip them. */
  private int callbacks;

  private int exchanges;

  /** What ends the TCP connections that have it. */
  private final Set<Consumer<String>> connections = new LinkedHashSet<>();

  private boolean retired;
  private boolean closed;

  LoopRoot(RootKey key, LoopVm vm) {
    this.key = key;
    this.vm = vm;
    talks = key.vm().grants().allows("ai");
  }

  RootKey key() {
    return key;
  }

  LoopVm vm() {
    return vm;
  }

  boolean isClosed() {
    return closed;
  }

  /** Sets where it lives now; null while the VM is rebuilt. */
  void install(@Nullable RootOnLoop root) {
    current = root;
    if (root != null) {
      callbacks = talks() ? root.callbacks() : root.callbacks() & ~OF_DIALOGUES;
    }
  }

  @Override
  public String plugin() {
    return key.vm().plugin();
  }

  @Override
  public String rootId() {
    return key.rootId();
  }

  @Override
  public String vmId() {
    return key.vm().vmId();
  }

  @Override
  public int bodyBuffer() {
    return key.vm().limits().bodyBuffer();
  }

  @Override
  public boolean talks() {
    return talks;
  }

  @Override
  public int callbacks() {
    return callbacks;
  }

  @Override
  public HttpFilter newFilter(StreamContext context) {
    return live().newFilter(context);
  }

  private PluginRoot live() {
    var root = current;
    if (root == null) {
      throw new PluginException(
          PluginException.Kind.DEAD, "the VM of plugin " + plugin() + " is being rebuilt");
    }
    return root.root();
  }

  @Override
  public void retain(Exchange exchange) {
    exchanges++;
    vm.generation().exchangeBegan(vm.loop().number());
  }

  @Override
  public void release(Exchange exchange) {
    exchanges--;
    vm.generation().exchangeEnded(vm.loop().number());
    closeWhenUnused();
  }

  @Override
  public NetworkFilter newNetworkFilter(ConnectionContext context) {
    return live().newNetworkFilter(context);
  }

  @Override
  public void retain(Consumer<String> abort) {
    connections.add(abort);
    vm.generation().exchangeBegan(vm.loop().number());
  }

  @Override
  public void release(Consumer<String> abort) {
    if (connections.remove(abort)) {
      vm.generation().exchangeEnded(vm.loop().number());
      closeWhenUnused();
    }
  }

  /** Ends the TCP connections that have it. */
  void abortConnections(String why) {
    List.copyOf(connections).forEach(abort -> abort.accept(why));
  }

  /** No new exchange gets it; it ends with its last one. */
  void retire() {
    retired = true;
    closeWhenUnused();
  }

  private void closeWhenUnused() {
    if (!retired || closed || exchanges > 0 || !connections.isEmpty()) {
      return;
    }
    closed = true;
    var root = current;
    if (root == null) {
      vm.rootClosed();
    } else {
      root.close(vm::rootClosed);
    }
  }

  @Override
  public boolean called() {
    return vm.stats().called(vm.loop().number());
  }

  @Override
  public void took(long nanos) {
    vm.stats().took(vm.loop().number(), nanos);
  }

  @Override
  public void failed(PluginException cause, FailStrategy strategy) {
    vm.filterFailed(cause, strategy);
  }
}
