package dev.sluice.wasm.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the shared queues of plugins ({@code proxy_register_shared_queue}).
 *
 * <p>An item that is added wakes the root context that registered the queue last and still lives,
 * by {@code proxy_on_queue_ready} on its own thread. Items outlive the VMs. Thread-safe.
 */
final class SharedQueues {
  /** How many queues one vmId may have, and how long their names may be. */
  private static final int MAX_QUEUES = 128;

  private static final int MAX_NAME = 1024;

  private record Name(String vmId, Bytes queue) {}

  private static final class Queue {
    final ArrayDeque<byte[]> items = new ArrayDeque<>();
    final List<GuestRoot> listeners = new ArrayList<>();
    long bytes;
  }

  private final Map<Name, Integer> ids = new HashMap<>();
  private final Map<Integer, Queue> queues = new HashMap<>();

  /**
   * Returns the id of a queue, making it when it is new, and has a root context listen to it; 0
   * when there are too many queues.
   */
  synchronized int register(String vmId, Bytes queue, GuestRoot listener) {
    if (queue.array().length > MAX_NAME
        || (resolve(vmId, queue) == 0
            && ids.keySet().stream().filter(name -> name.vmId().equals(vmId)).count()
                >= MAX_QUEUES)) {
      return 0;
    }
    int id = ids.computeIfAbsent(new Name(vmId, queue), name -> ids.size() + 1);
    Queue found = queues.computeIfAbsent(id, key -> new Queue());
    found.listeners.remove(listener);
    found.listeners.add(listener);
    return id;
  }

  /** Returns the id of a queue, or 0. */
  synchronized int resolve(String vmId, Bytes queue) {
    return ids.getOrDefault(new Name(vmId, queue), 0);
  }

  /** Adds an item and returns a status of the ABI; {@link #notifyListener} is to follow. */
  synchronized int enqueue(int id, byte[] item, int maxItems, long maxBytes) {
    Queue queue = queues.get(id);
    if (queue == null) {
      return AbiStatus.NOT_FOUND;
    }
    if (queue.items.size() >= maxItems || queue.bytes + item.length > maxBytes) {
      return AbiStatus.INTERNAL_FAILURE;
    }
    queue.items.add(item);
    queue.bytes += item.length;
    return AbiStatus.OK;
  }

  /** Tells the root context that listens to a queue that there is an item. */
  void notifyListener(int id) {
    GuestRoot listener = listener(id);
    if (listener == null || !listener.vm().has(GuestExport.QUEUE_READY)) {
      return;
    }
    GuestVm vm = listener.vm();
    vm.context()
        .executor()
        .execute(
            () -> {
              if (vm.isAlive()) {
                listener.callback(GuestExport.QUEUE_READY, id, 0);
              }
            });
  }

  private synchronized @Nullable GuestRoot listener(int id) {
    Queue queue = queues.get(id);
    return queue == null || queue.listeners.isEmpty() ? null : queue.listeners.getLast();
  }

  /** Takes the first item, or returns null when the queue is empty. */
  synchronized byte @Nullable [] dequeue(int id) {
    Queue queue = queues.get(id);
    byte[] item = queue == null ? null : queue.items.poll();
    if (queue != null && item != null) {
      queue.bytes -= item.length;
    }
    return item;
  }

  /** Returns whether there is a queue with this id. */
  synchronized boolean contains(int id) {
    return queues.containsKey(id);
  }

  /** Ends the notifications of a VM that was closed or failed. */
  synchronized void forget(GuestVm vm) {
    for (Queue queue : queues.values()) {
      queue.listeners.removeIf(root -> root.vm() == vm);
    }
  }
}
