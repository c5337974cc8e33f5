package dev.sluice.identity;

import dev.sluice.proxy.route.RouteExtension;
import java.util.Collections;
import java.util.Set;

/**
 * Says who may use a route.
 *
 * @param required whether it takes identified callers only
 * @param consumers names of those who may; empty for all
 * @param groups groups of those who may; empty for all. Who is in {@code consumers} or in one of
 *     the groups may
 */
public record Access(boolean required, Set<String> consumers, Set<String> groups)
    implements RouteExtension {
  /** Lets everybody in. */
  public static final Access OPEN = new Access(false, Set.of(), Set.of());

  /** Copies the sets. */
  public Access {
    consumers = Set.copyOf(consumers);
    groups = Set.copyOf(groups);
  }

  /** Returns whether it is for this consumer. */
  public boolean admits(Consumer consumer) {
    return (consumers.isEmpty() && groups.isEmpty())
        || consumers.contains(consumer.name())
        || !Collections.disjoint(groups, consumer.groups());
  }
}
