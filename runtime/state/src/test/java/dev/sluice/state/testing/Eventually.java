package dev.sluice.state.testing;

import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.host.ServiceException;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for a service whose server is on its way back. */
public final class Eventually {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Eventually() {}

  /** Asks until the answer is true; failures of the service count as no. */
  public static void isTrue(Callable<Boolean> question) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .ignoreException(ServiceException.class)
        .until(question);
  }
}
