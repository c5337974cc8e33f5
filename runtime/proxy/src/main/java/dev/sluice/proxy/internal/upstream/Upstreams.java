package dev.sluice.proxy.internal.upstream;

import dev.sluice.http.Transport;
import dev.sluice.proxy.UpstreamSpec;
import java.util.HashMap;
import java.util.Map;

/** Keeps the upstreams that snapshots use, one for each different spec. Thread-safe. */
public final class Upstreams implements AutoCloseable {
  private final Transport transport;
  private final Resolver resolver;
  private final Map<UpstreamSpec, Held> bySpec = new HashMap<>();

  private static final class Held {
    final Upstream upstream;
    int users;

    Held(Upstream upstream) {
      this.upstream = upstream;
    }
  }

  /** Creates an empty set on the loops of a transport. */
  public Upstreams(Transport transport) {
    this.transport = transport;
    resolver = new Resolver(transport.loops().size());
  }

  /** Returns the upstream of a spec, made and looked up when it is new; blocks. */
  public Upstream acquire(UpstreamSpec spec) {
    Held held;
    boolean made = false;
    synchronized (this) {
      var known = bySpec.get(spec);
      if (known == null) {
        known = new Held(new Upstream(spec, transport));
        bySpec.put(spec, known);
        made = true;
      }
      known.users++;
      held = known;
    }
    if (made) {
      resolver.start(held.upstream);
    }
    return held.upstream;
  }

  /** Gives back what {@link #acquire} returned; the last user closes it. */
  public synchronized void release(Upstream upstream) {
    var held = bySpec.get(upstream.spec());
    if (held != null && --held.users == 0) {
      bySpec.remove(upstream.spec());
      upstream.close();
    }
  }

  @Override
  public synchronized void close() {
    resolver.close();
    bySpec.values().forEach(held -> held.upstream.close());
    bySpec.clear();
  }
}
