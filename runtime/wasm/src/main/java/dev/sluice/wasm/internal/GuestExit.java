package dev.sluice.wasm.internal;

/** Unwinds a guest that called {@code proc_exit}. */
final class GuestExit extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What the guest passed. */
  private final int code;

  GuestExit(int code) {
    super("the plugin called proc_exit(" + code + ")");
    this.code = code;
  }

  int code() {
    return code;
  }
}
