package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.ServiceSettings;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.Store;
import dev.sluice.plugin.host.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Holds the services that plugins may call, and starts them as the configuration says. */
final class ServiceProviders {
  private final List<HostServiceProvider<?>> providers;

  private ServiceProviders(List<HostServiceProvider<?>> providers) {
    this.providers = List.copyOf(providers);
  }

  /** Returns those that {@link ServiceLoader} finds. */
  static ServiceProviders found() {
    var found = new ArrayList<HostServiceProvider<?>>();
    for (HostServiceProvider<?> provider : ServiceLoader.load(HostServiceProvider.class)) {
      found.add(provider);
    }
    return new ServiceProviders(found);
  }

  /** Returns a holder of none. */
  static ServiceProviders none() {
    return new ServiceProviders(List.of());
  }

  List<HostServiceProvider<?>> all() {
    return providers;
  }

  /** Returns an embedder for the gateway itself, which answers on any thread; null without one. */
  @Nullable Embedder embedder() {
    return providers.stream()
        .filter(provider -> provider.type() == Embedder.class)
        .map(provider -> (Embedder) provider.open("models", 0, Runnable::run))
        .findFirst()
        .orElse(null);
  }

  /** Returns what they keep, by the name of the service. */
  Map<String, List<ServiceUsage>> usage() {
    Map<String, List<ServiceUsage>> usage = new TreeMap<>();
    for (var provider : providers) {
      var kept = provider.usage();
      if (!kept.isEmpty()) {
        usage.put(provider.type().getSimpleName().toLowerCase(Locale.ROOT), kept);
      }
    }
    return usage;
  }

  /** Starts them; those that have started with the same settings go on as they are. */
  void start(ServiceSettings settings) {
    for (var provider : providers) {
      if (provider.type() == Embedder.class) {
        provider.start(settings.embeddings());
      } else if (provider.type() == Vectors.class) {
        provider.start(settings.vectors());
      } else if (provider.type() == Counters.class) {
        provider.start(settings.counters());
      } else if (provider.type() == Store.class) {
        provider.start(settings.store());
      } else {
        provider.start(Map.of());
      }
    }
  }
}
