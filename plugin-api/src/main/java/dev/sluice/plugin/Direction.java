package dev.sluice.plugin;

/** Names one of the two streams of an exchange. */
public enum Direction {
  /** From the client to the upstream. */
  REQUEST,
  /** From the upstream to the client. */
  RESPONSE
}
