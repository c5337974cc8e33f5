package dev.sluice.gateway.internal;

import dev.sluice.control.Gateway;

/** Makes a signal (SIGTERM, SIGINT) drain a gateway and end the process with 0. */
final class Shutdown {
  private Shutdown() {}

  /** Takes effect at the next signal. */
  static void onSignal(Gateway gateway) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("sluice-shutdown")
                .unstarted(
                    () -> {
                      if (!gateway.drainRequested().isDone()) {
                        gateway.drain().join();
                        gateway.close();
                        LogSetup.flush();
                        // A signal would end the JVM with 128 and its number.
                        Runtime.getRuntime().halt(0);
                      }
                    }));
  }
}
