package dev.sluice.wasm.internal;

/**
 * Is a function that guests import.
 *
 * <p>Runs on the VM's thread with a guest on the stack: it checks every address and size it is
 * given, never throws for a guest's mistake, and leaves to {@link GuestVm#afterCall} whatever makes
 * the proxy act. It must not hold on to {@code arguments}.
 */
@FunctionalInterface
interface HostCall {
  /** Runs it and returns a status of the ABI (or a WASI errno). */
  int call(GuestVm vm, long[] arguments);

  /** Is a host call with the parameters that a guest must declare for it. */
  record Typed(String parameters, HostCall call) {
    /** {@code i} stands for i32, {@code l} for i64. */
    static Typed of(String parameters, HostCall call) {
      return new Typed(parameters, call);
    }
  }
}
