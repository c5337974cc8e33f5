package dev.sluice.wasm.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Maps context ids to contexts: open addressing with linear probing, no boxing. Ids are given in
 * turn, so neighbours land in neighbouring slots. Belongs to the VM's thread.
 */
final class ContextTable {
  private @Nullable GuestContext[] slots = new GuestContext[64];
  private int size;
  private int lastId;

  /** Returns an id that is not in use: positive, in turn. */
  int nextId() {
    do {
      lastId = lastId == Integer.MAX_VALUE ? 1 : lastId + 1;
    } while (get(lastId) != null);
    return lastId;
  }

  @Nullable GuestContext get(int id) {
    var table = slots;
    int mask = table.length - 1;
    for (int i = id & mask; ; i = (i + 1) & mask) {
      var context = table[i];
      if (context == null || context.id() == id) {
        return context;
      }
    }
  }

  void put(GuestContext context) {
    if (size * 2 >= slots.length) {
      grow();
    }
    insert(slots, context);
    size++;
  }

  void remove(int id) {
    @Nullable GuestContext[] table = slots;
    int mask = table.length - 1;
    int hole = id & mask;
    while (true) {
      var context = table[hole];
      if (context == null) {
        return;
      }
      if (context.id() == id) {
        break;
      }
      hole = (hole + 1) & mask;
    }
    size--;
    table[hole] = null;
    // Close the gap: entries after it that probed past it move back.
    for (int i = (hole + 1) & mask; ; i = (i + 1) & mask) {
      var context = table[i];
      if (context == null) {
        return;
      }
      int home = context.id() & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        table[hole] = context;
        table[i] = null;
        hole = i;
      }
    }
  }

  /** Calls an action with each context; the action must not change the table. */
  void forEach(Consumer<GuestContext> action) {
    for (var context : slots) {
      if (context != null) {
        action.accept(context);
      }
    }
  }

  int size() {
    return size;
  }

  void clear() {
    slots = new GuestContext[64];
    size = 0;
  }

  private void grow() {
    @Nullable GuestContext[] larger = new GuestContext[slots.length * 2];
    for (var context : slots) {
      if (context != null) {
        insert(larger, context);
      }
    }
    slots = larger;
  }

  private static void insert(@Nullable GuestContext[] table, GuestContext context) {
    int mask = table.length - 1;
    int i = context.id() & mask;
    while (table[i] != null) {
      i = (i + 1) & mask;
    }
    table[i] = context;
  }
}
