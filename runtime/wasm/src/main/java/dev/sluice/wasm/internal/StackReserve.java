package dev.sluice.wasm.internal;

/**
 * Makes sure that there is stack left for a host call that runs much of the gateway's code.
 *
 * <p>A guest that recurses without end runs out of stack wherever it happens to be. In the guest
 * that is a trap; in the middle of the gateway's code it could leave something half done, or a
 * class forever uninitialized. Such calls therefore touch the stack first.
 */
final class StackReserve {
  private static final int FRAMES = 600;

  private StackReserve() {}

  /** Returns when some 32 KiB are left, and throws {@link StackOverflowError} otherwise. */
  static void check() {
    if (descend(FRAMES) != FRAMES) {
      throw new AssertionError();
    }
  }

  private static int descend(int frames) {
    return frames == 0 ? 0 : 1 + descend(frames - 1);
  }
}
