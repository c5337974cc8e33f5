package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.ServiceException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Starts the asynchronous {@code sluice.*} functions of a VM and brings their answers by {@code
 * proxy_on_foreign_function} (plugin-sdk/ABI.md, "Asynchronous functions"). An answer for a context
 * that is gone is dropped. Belongs to the VM's thread.
 */
final class AsyncAnswers {
  /** Calls of one VM that may wait for their answers. */
  static final int MAX_CALLS = 4096;

  private final GuestVm vm;
  private final Set<Integer> waiting = new HashSet<>();
  private int lastCall;

  AsyncAnswers(GuestVm vm) {
    this.vm = vm;
  }

  /** Is an asynchronous operation of a host service, with its arguments. */
  @FunctionalInterface
  interface Operation<T> {
    /**
     * Starts it.
     *
     * @throws ServiceException when it is refused at once
     */
    void start(HostServices services, Completion<T> completion);
  }

  /**
   * Starts an operation for the active context and hands its call id to the guest.
   *
   * @param result writes what the operation answers
   * @return a status of the ABI
   */
  <T> int start(
      Operation<T> operation, BiConsumer<WireWriter, T> result, int addressOut, int sizeOut) {
    return start(operation, result, (services, value) -> {}, addressOut, sizeOut);
  }

  /**
   * Starts an operation for the active context and hands its call id to the guest.
   *
   * @param result writes what the operation answers
   * @param unwanted gives back what was taken for a context that is gone
   * @return a status of the ABI
   */
  <T> int start(
      Operation<T> operation,
      BiConsumer<WireWriter, T> result,
      BiConsumer<HostServices, T> unwanted,
      int addressOut,
      int sizeOut) {
    var context = vm.active();
    if (context == null) {
      throw new WireReader.Malformed("called while the VM starts (expected: in a context)");
    }
    if (waiting.size() >= MAX_CALLS) {
      throw new ForeignCalls.LimitReached(
          "more than " + MAX_CALLS + " calls wait for their answers");
    }
    if (!vm.beginIo()) {
      return AbiStatus.INTERNAL_FAILURE;
    }
    int call = nextCall();
    try {
      operation.start(context.root().services(), completion(context, call, result, unwanted));
      waiting.add(call);
    } finally {
      vm.endIo();
    }
    return new WireWriter(8).u32(call).give(vm, addressOut, sizeOut);
  }

  /** Turns an answer of the service into one for the guest. */
  private <T> Completion<T> completion(
      GuestContext context,
      int call,
      BiConsumer<WireWriter, T> result,
      BiConsumer<HostServices, T> unwanted) {
    return Completion.of(
        value -> {
          var answer = new WireWriter(64).u32(AbiStatus.OK);
          result.accept(answer, value);
          if (!deliver(context, call, answer.toBytes())) {
            unwanted.accept(context.root().services(), value);
          }
        },
        error -> {
          vm.logOnce(String.valueOf(error.getMessage()));
          var unused = deliver(context, call, new WireWriter(8).u32(AbiStatus.of(error)).toBytes());
        });
  }

  /** Returns false when there is nobody to deliver it to. */
  private boolean deliver(GuestContext context, int call, byte[] answer) {
    boolean wanted = waiting.remove(call) && vm.isAlive() && !context.isDeleted();
    var root = context.root();
    if (!wanted || root.isDeleted() || !vm.has(GuestExport.FOREIGN_FUNCTION)) {
      return false;
    }
    vm.callData(answer);
    vm.enter(vm.callLimit());
    try {
      vm.effectiveNext(context);
      vm.call(root, GuestExport.FOREIGN_FUNCTION, root.id(), call, answer.length);
    } finally {
      vm.callData(null);
      vm.leave();
    }
    return true;
  }

  private int nextCall() {
    do {
      lastCall = lastCall == Integer.MAX_VALUE ? 1 : lastCall + 1;
    } while (waiting.contains(lastCall));
    return lastCall;
  }
}
