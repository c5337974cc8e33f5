package dev.sluice.proxy.internal.upstream;

import dev.sluice.http.Transport;
import dev.sluice.proxy.UpstreamSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps the upstreams that snapshots use, one for each different spec and content of its files.
 * Thread-safe.
 */
public final class Upstreams implements AutoCloseable {
  private final Transport transport;
  private final Resolver resolver;
  private final Map<Key, Held> held = new HashMap<>();
  private final Map<Upstream, Key> keys = new HashMap<>();

  /**
   * Tells upstreams apart.
   *
   * @param files what the files of its TLS hold: renewed ones make another upstream
   */
  private record Key(UpstreamSpec spec, String files) {}

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

  /**
   * Returns the upstream of a spec, made and looked up when it is new; blocks.
   *
   * @throws IllegalArgumentException when a file of its TLS cannot be used, naming it
   */
  public Upstream acquire(UpstreamSpec spec) {
    var tls = spec.tls();
    var key = new Key(spec, tls == null ? "" : tls.filesDigest());
    Upstream upstream;
    synchronized (this) {
      var known = held.get(key);
      if (known != null) {
        known.users++;
        return known.upstream;
      }
      upstream = new Upstream(spec, transport);
      var made = new Held(upstream);
      made.users = 1;
      held.put(key, made);
      keys.put(upstream, key);
    }
    resolver.start(upstream);
    return upstream;
  }

  /** Gives back what {@link #acquire} returned; the last user closes it. */
  public synchronized void release(Upstream upstream) {
    var key = keys.get(upstream);
    var known = key == null ? null : held.get(key);
    if (known != null && --known.users == 0) {
      held.remove(key);
      keys.remove(upstream);
      upstream.close();
    }
  }

  @Override
  public synchronized void close() {
    resolver.close();
    keys.keySet().forEach(Upstream::close);
    held.clear();
    keys.clear();
  }
}
