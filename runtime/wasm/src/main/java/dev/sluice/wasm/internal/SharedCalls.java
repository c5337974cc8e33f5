package dev.sluice.wasm.internal;

import java.util.Map;

/** Answers the calls on shared data and shared queues. */
final class SharedCalls {
  private SharedCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_get_shared_data", HostCall.Typed.of("iiiii", SharedCalls::get));
    functions.put("proxy_set_shared_data", HostCall.Typed.of("iiiii", SharedCalls::set));
    functions.put("proxy_register_shared_queue", HostCall.Typed.of("iii", SharedCalls::register));
    functions.put("proxy_resolve_shared_queue", HostCall.Typed.of("iiiii", SharedCalls::resolve));
    functions.put("proxy_enqueue_shared_queue", HostCall.Typed.of("iii", SharedCalls::enqueue));
    functions.put("proxy_dequeue_shared_queue", HostCall.Typed.of("iii", SharedCalls::dequeue));
  }

  private static int get(GuestVm vm, long[] arguments) {
    int key = (int) arguments[0];
    int keySize = (int) arguments[1];
    int casOut = (int) arguments[4];
    if (!vm.memory().has(key, keySize) || !vm.memory().has(casOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var value = vm.host().sharedData().get(vm.context().vmId(), bytes(vm, key, keySize));
    if (value == null) {
      return AbiStatus.NOT_FOUND;
    }
    int status = OutParameters.give(vm, value.bytes(), (int) arguments[2], (int) arguments[3]);
    if (status == AbiStatus.OK) {
      vm.memory().put32(casOut, value.cas());
    }
    return status;
  }

  private static int set(GuestVm vm, long[] arguments) {
    int key = (int) arguments[0];
    int keySize = (int) arguments[1];
    int value = (int) arguments[2];
    int valueSize = (int) arguments[3];
    if (!vm.memory().has(key, keySize) || !vm.memory().has(value, valueSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    long limit = vm.context().limits().storeBytes();
    if ((long) keySize + valueSize > limit) {
      return full(vm, limit);
    }
    int status =
        vm.host()
            .sharedData()
            .set(
                vm.context().vmId(),
                bytes(vm, key, keySize),
                vm.memory().copyOf(value, valueSize),
                (int) arguments[4],
                limit);
    return status == AbiStatus.INTERNAL_FAILURE ? full(vm, limit) : status;
  }

  private static int full(GuestVm vm, long limit) {
    vm.logOnce(
        "proxy_set_shared_data: the shared data of "
            + vm.context().vmId()
            + " is full (limits.storeBytes: "
            + limit
            + ")");
    return AbiStatus.INTERNAL_FAILURE;
  }

  private static int register(GuestVm vm, long[] arguments) {
    int name = (int) arguments[0];
    int nameSize = (int) arguments[1];
    int idOut = (int) arguments[2];
    if (!vm.memory().has(name, nameSize) || !vm.memory().has(idOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var context = vm.active();
    if (context == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    int id =
        vm.host()
            .sharedQueues()
            .register(vm.context().vmId(), bytes(vm, name, nameSize), context.root());
    if (id == 0) {
      vm.logOnce("proxy_register_shared_queue: too many queues, or a name too long");
      return AbiStatus.INTERNAL_FAILURE;
    }
    vm.memory().put32(idOut, id);
    return AbiStatus.OK;
  }

  private static int resolve(GuestVm vm, long[] arguments) {
    int vmId = (int) arguments[0];
    int vmIdSize = (int) arguments[1];
    int name = (int) arguments[2];
    int nameSize = (int) arguments[3];
    int idOut = (int) arguments[4];
    if (!vm.memory().has(vmId, vmIdSize)
        || !vm.memory().has(name, nameSize)
        || !vm.memory().has(idOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    String owner = vmIdSize == 0 ? vm.context().vmId() : vm.text(vmId, vmIdSize);
    int id = vm.host().sharedQueues().resolve(owner, bytes(vm, name, nameSize));
    if (id == 0) {
      return AbiStatus.NOT_FOUND;
    }
    vm.memory().put32(idOut, id);
    return AbiStatus.OK;
  }

  private static int enqueue(GuestVm vm, long[] arguments) {
    int id = (int) arguments[0];
    int data = (int) arguments[1];
    int dataSize = (int) arguments[2];
    if (!vm.memory().has(data, dataSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    SharedQueues queues = vm.host().sharedQueues();
    var limits = vm.context().limits();
    int status =
        queues.enqueue(
            id, vm.memory().copyOf(data, dataSize), limits.queueItems(), limits.storeBytes());
    if (status == AbiStatus.OK) {
      vm.afterCall(() -> queues.notifyListener(id));
    } else if (status == AbiStatus.INTERNAL_FAILURE) {
      vm.logOnce(
          "proxy_enqueue_shared_queue: queue "
              + id
              + " is full (limits.queueItems: "
              + limits.queueItems()
              + ", limits.storeBytes: "
              + limits.storeBytes()
              + ")");
    }
    return status;
  }

  private static int dequeue(GuestVm vm, long[] arguments) {
    int id = (int) arguments[0];
    int addressOut = (int) arguments[1];
    int sizeOut = (int) arguments[2];
    if (!vm.memory().has(addressOut, 4) || !vm.memory().has(sizeOut, 4)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    SharedQueues queues = vm.host().sharedQueues();
    if (!queues.contains(id)) {
      return AbiStatus.NOT_FOUND;
    }
    byte[] item = queues.dequeue(id);
    return item == null ? AbiStatus.EMPTY : OutParameters.give(vm, item, addressOut, sizeOut);
  }

  private static Bytes bytes(GuestVm vm, int address, int size) {
    return new Bytes(vm.memory().copyOf(address, size));
  }
}
