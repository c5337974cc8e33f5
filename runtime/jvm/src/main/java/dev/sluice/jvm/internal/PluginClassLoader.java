package dev.sluice.jvm.internal;

import java.net.URL;
import java.net.URLClassLoader;
import org.jspecify.annotations.Nullable;

/**
 * Loads the classes of one plugin: its own jar, the JDK, and the plugin API; nothing else of the
 * gateway.
 */
final class PluginClassLoader extends URLClassLoader {
  private static final String API = "dev.sluice.plugin.";

  static {
    registerAsParallelCapable();
  }

  private final ClassLoader api;

  PluginClassLoader(String plugin, URL jar, ClassLoader api) {
    super("plugin-" + plugin, new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    this.api = api;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    return isApi(name) ? api.loadClass(name) : super.loadClass(name, resolve);
  }

  private static boolean isApi(String name) {
    return name.startsWith(API);
  }

  /** Finds resources in the plugin's jar only: the gateway's services are none of its business. */
  @Override
  public @Nullable URL getResource(String name) {
    return findResource(name);
  }
}
