package dev.sluice.plugin;

/**
 * Orders plugins in the filter chain, as Istio's {@code WasmPlugin} does: by phase, then by
 * priority from high to low, then by name.
 */
public enum Phase {
  /** Before anything else: establishes who calls. */
  AUTHN,
  /** After authentication: decides whether the call may go on. */
  AUTHZ,
  /** After authorization: measures. */
  STATS,
  /** At the end of the chain, nearest to the upstream; the default. */
  UNSPECIFIED
}
