package dev.sluice.plugin.host;

/** Is a call in flight. */
@FunctionalInterface
public interface Cancellable {
  /** Gives the call up; its completion fails with CANCELLED, unless it was already answered. */
  void cancel();
}
