package dev.sluice.http.internal.net;

import dev.sluice.http.ListenerConfig;
import dev.sluice.http.ServerHandler;

/** Is a listener as its connections on one loop see it. */
public record ListenerSide(
    ListenerConfig config, ServerHandler handler, Loop loop, ListenerState state) {
  /** Returns the scheme of requests. */
  public String scheme() {
    return config.tls() == null ? "http" : "https";
  }
}
