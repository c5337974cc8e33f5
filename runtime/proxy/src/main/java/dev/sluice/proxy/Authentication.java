package dev.sluice.proxy;

import dev.sluice.proxy.route.RouteExtension;

/**
 * Says how the callers of a route are identified.
 *
 * @param by who identifies them
 * @param required whether an anonymous request is refused with 401
 */
public record Authentication(Authenticator by, boolean required) implements RouteExtension {}
