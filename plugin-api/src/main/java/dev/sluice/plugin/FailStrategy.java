package dev.sluice.plugin;

/** Says what happens to an exchange when a plugin fails on it. */
public enum FailStrategy {
  /** Answers 503 {@code plugin_failed}, or resets the stream once response headers are out. */
  FAIL_CLOSE,
  /** Skips the filter and releases what it held. */
  FAIL_OPEN,
  /** Like {@link #FAIL_CLOSE}, and rebuilds the VM with back-off before its next exchange. */
  FAIL_RELOAD
}
