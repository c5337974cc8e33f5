package dev.sluice.proxy.route;

/**
 * Is what a module above the proxy adds to a route: who may use it, which protocol is spoken on it.
 * A route has at most one of each class. Immutable or thread-safe.
 */
public interface RouteExtension {}
