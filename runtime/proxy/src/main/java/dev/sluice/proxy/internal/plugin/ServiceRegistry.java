package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/** Opens host services by their interface. Thread-safe. */
final class ServiceRegistry {
  private final Map<Class<?>, HostServiceProvider<?>> byType = new HashMap<>();

  /** Takes the providers; the first of each type is used. */
  ServiceRegistry(List<HostServiceProvider<?>> providers) {
    providers.forEach(p -> byType.putIfAbsent(p.type(), p));
  }

  /**
   * Opens a service.
   *
   * @throws ServiceException NOT_GRANTED when this gateway does not have it
   */
  <S> S open(Class<S> type, String name, String scope, long storeBytes, Executor executor) {
    var provider = byType.get(type);
    if (provider == null) {
      throw new ServiceException(Reason.NOT_GRANTED, name + ": this gateway does not have it");
    }
    return type.cast(provider.open(scope, storeBytes, executor));
  }
}
