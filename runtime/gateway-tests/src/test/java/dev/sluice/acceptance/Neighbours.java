package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks the two neighbours of a bad plugin for as long as that is asked itself. */
final class Neighbours implements AutoCloseable {
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicInteger answered = new AtomicInteger();
  private final List<String> wrong = new ArrayList<>();
  private final Thread thread;

  Neighbours(SwapGateway gateway) {
    thread = Thread.ofPlatform().start(() -> ask(gateway));
  }

  private void ask(SwapGateway gateway) {
    while (!stop.get()) {
      var plain = gateway.get("/plain");
      var good = gateway.get("/good");
      if (plain.statusCode() != 200
          || good.statusCode() != 200
          || !good.headers().firstValue("x-hello").orElse("").equals("world")) {
        synchronized (wrong) {
          wrong.add(plain + " " + good);
        }
      }
      answered.incrementAndGet();
    }
  }

  /** Returns the answers that were not as they should be. */
  List<String> wrong() {
    synchronized (wrong) {
      return List.copyOf(wrong);
    }
  }

  @Override
  public void close() {
    // At least a few questions fall into the time after the deed.
    int before = answered.get();
    await().atMost(SwapGateway.PATIENCE).until(() -> answered.get() > before + 10);
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    assertThat(wrong()).isEmpty();
  }
}
