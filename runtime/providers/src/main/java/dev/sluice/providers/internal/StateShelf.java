package dev.sluice.providers.internal;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Keeps the state of keys, targets and trials by what they are, as long as a configuration uses
 * them: those that did not change carry their state over a reload. Thread-safe.
 */
public final class StateShelf {
  private final Map<Object, WeakReference<Object>> states = new ConcurrentHashMap<>();

  /** Returns the state of something, made when it is new. */
  <T> T get(Object identity, Class<T> type, Supplier<T> make) {
    while (true) {
      var known = states.get(identity);
      var state = known == null ? null : known.get();
      if (state != null) {
        return type.cast(state);
      }
      var made = make.get();
      var entry = new WeakReference<Object>(made);
      boolean ours =
          known == null
              ? states.putIfAbsent(identity, entry) == null
              : states.replace(identity, known, entry);
      if (ours) {
        return made;
      }
    }
  }

  /** Forgets what nobody uses any more. */
  public void sweep() {
    states.values().removeIf(entry -> entry.get() == null);
  }

  int size() {
    return states.size();
  }
}
