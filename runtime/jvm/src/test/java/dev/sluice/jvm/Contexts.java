package dev.sluice.jvm;

import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.host.HostServices;
import java.lang.reflect.Proxy;

/** Stands where a test needs a context that its plugin never calls. */
final class Contexts {
  static final StreamContext NO_STREAM = unused(StreamContext.class);
  static final HostServices NO_SERVICES = unused(HostServices.class);

  private Contexts() {}

  private static <T> T unused(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              throw new IllegalStateException(method.getName() + " is not used");
            }));
  }
}
