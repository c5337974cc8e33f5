package dev.sluice.proxy;

import org.jspecify.annotations.Nullable;

/**
 * Says what went wrong with an exchange, who failed and whether trying again may help (design.md
 * section 9).
 *
 * @param status the HTTP status that stands for it
 * @param code a stable word from the documentation
 * @param message for the caller
 * @param detail for the log only; may hold addresses and causes
 * @param retryable whether the same request may succeed later
 * @param who failed
 * @param plugin the plugin that failed or answered, or null
 */
public record GatewayError(
    int status,
    String code,
    String message,
    String detail,
    boolean retryable,
    Party who,
    @Nullable String plugin) {
  /** Names who failed. */
  public enum Party {
    CLIENT,
    UPSTREAM,
    PLUGIN,
    GATEWAY
  }

  /** Returns the same error with a detail for the log. */
  public GatewayError withDetail(String other) {
    return new GatewayError(status, code, message, other, retryable, who, plugin);
  }

  /** Returns the same error with another message for the caller. */
  public GatewayError withMessage(String other) {
    return new GatewayError(status, code, other, detail, retryable, who, plugin);
  }

  private static GatewayError of(int status, String code, Party who, String message) {
    boolean retryable = status == 408 || status == 429 || status >= 502;
    return new GatewayError(status, code, message, "", retryable, who, null);
  }

  /** No route matches. */
  public static final GatewayError NO_ROUTE =
      of(404, "no_route", Party.CLIENT, "No route matches the request.");

  /** The request cannot be understood. */
  public static final GatewayError BAD_REQUEST =
      of(400, "bad_request", Party.CLIENT, "The request cannot be understood.");

  /** The route requires an identity and the request has none that is known. */
  public static final GatewayError UNAUTHENTICATED =
      of(401, "unauthenticated", Party.CLIENT, "The request carries no valid credential.");

  /** The caller may not do this. */
  public static final GatewayError FORBIDDEN =
      of(403, "forbidden", Party.CLIENT, "The caller may not do this.");

  /** A filter had to hold more of the request body than it may. */
  public static final GatewayError BODY_TOO_LARGE =
      of(413, "body_too_large", Party.CLIENT, "The request body is too large.");

  /** A filter had to hold more of the response body than it may. */
  public static final GatewayError RESPONSE_TOO_LARGE =
      of(502, "response_too_large", Party.UPSTREAM, "The response is too large to be inspected.");

  /** No connection to the upstream could be had. */
  public static final GatewayError CONNECT_FAILED =
      of(502, "upstream_connect_failed", Party.UPSTREAM, "The upstream cannot be reached.");

  /** The upstream broke off before its response began. */
  public static final GatewayError UPSTREAM_RESET =
      of(502, "upstream_reset", Party.UPSTREAM, "The upstream broke off.");

  /** The upstream does not speak its protocol. */
  public static final GatewayError UPSTREAM_PROTOCOL_ERROR =
      of(
          502,
          "upstream_protocol_error",
          Party.UPSTREAM,
          "The upstream sent something that is no answer.");

  /** The upstream has no endpoint to send to. */
  public static final GatewayError NO_HEALTHY_UPSTREAM =
      of(503, "no_healthy_upstream", Party.UPSTREAM, "No endpoint of the upstream is available.");

  /** The upstream has as many requests as it may have. */
  public static final GatewayError CIRCUIT_OPEN =
      of(503, "circuit_open", Party.GATEWAY, "The upstream has too many requests.");

  /** A plugin failed. */
  public static final GatewayError PLUGIN_FAILED =
      of(503, "plugin_failed", Party.PLUGIN, "The request could not be checked.");

  /** The gateway is going down. */
  public static final GatewayError DRAINING =
      of(503, "draining", Party.GATEWAY, "The gateway is shutting down.");

  /** The upstream took too long. */
  public static final GatewayError UPSTREAM_TIMEOUT =
      of(504, "upstream_timeout", Party.UPSTREAM, "The upstream took too long.");

  /** The client went away or broke its protocol before the end. */
  public static final GatewayError CLIENT_GONE =
      of(499, "client_gone", Party.CLIENT, "The client went away.");

  /** Returns {@link #PLUGIN_FAILED} for a plugin. */
  public static GatewayError pluginFailed(String plugin, String detail) {
    var base = PLUGIN_FAILED;
    return new GatewayError(
        base.status, base.code, base.message, detail, base.retryable, base.who, plugin);
  }
}
