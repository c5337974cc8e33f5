package dev.sluice.wasm.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Defines the classes of one guest module. Unloaded with the module: nothing outside the module's
 * own objects refers to it.
 */
final class CodeLoader extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final Map<String, byte[]> classes;

  CodeLoader(String digest, Map<String, byte[]> classes) {
    super("wasm-" + digest, run.endive.runtime.Instance.class.getClassLoader());
    this.classes = new HashMap<>(classes);
  }

  /** Defines, verifies and initializes everything now, so that no event loop does it later. */
  void loadAll() throws ClassNotFoundException {
    Set<String> names;
    synchronized (classes) {
      names = Set.copyOf(classes.keySet());
    }
    for (String name : names) {
      Class.forName(name, true, this);
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] bytes = take(name);
    if (bytes == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, bytes, 0, bytes.length);
  }

  private byte @Nullable [] take(String name) {
    synchronized (classes) {
      return classes.remove(name);
    }
  }
}
