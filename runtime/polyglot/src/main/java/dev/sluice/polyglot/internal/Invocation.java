package dev.sluice.polyglot.internal;

import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.StreamContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Is one callback of a script from its start until its promise is settled. What it uses over all
 * its turns counts together.
 */
final class Invocation {
  /**
   * Is what a callback gives the script; header fields are lines, name and value in turn.
   *
   * @param requestHeaders the request headers where the script does not have them yet
   * @param responseHeaders the response headers where the script does not have them yet
   * @param trailers the trailers that the callback is about
   * @param end whether the message ends here
   * @param body the bytes that the callback is about
   */
  record Input(
      @Nullable String requestHeaders,
      @Nullable String responseHeaders,
      @Nullable String trailers,
      boolean end,
      byte @Nullable [] body) {
    static final Input NONE = new Input(null, null, null, false, null);
  }

  /**
   * Is what a script wants done.
   *
   * @param fields changed header or trailer fields
   * @param body the replaced body
   * @param passBody whether the script wants to see nothing of the body
   * @param response an answer in place of the upstream
   */
  record Outcome(
      @Nullable String fields,
      byte @Nullable [] body,
      boolean passBody,
      @Nullable LocalResponse response) {
    static final Outcome NOTHING = new Outcome(null, null, false, null);
  }

  private final long id;
  private final String callback;
  private final @Nullable StreamContext exchange;
  private final Consumer<Outcome> onFinished;
  private final Consumer<PluginException> onFailed;
  private final BooleanSupplier abandoned;
  private final AtomicBoolean over = new AtomicBoolean();

  /** What earlier turns used; on the script thread only. */
  private long usedNanos;

  private long usedBytes;
  private volatile boolean started;

  Invocation(
      long id,
      String callback,
      @Nullable StreamContext exchange,
      Consumer<Outcome> onFinished,
      Consumer<PluginException> onFailed) {
    this(id, callback, exchange, onFinished, onFailed, () -> false);
  }

  /**
   * Creates one.
   *
   * @param abandoned whether what it was for is over, so that nobody will end what it begins; asked
   *     on the loop
   */
  Invocation(
      long id,
      String callback,
      @Nullable StreamContext exchange,
      Consumer<Outcome> onFinished,
      Consumer<PluginException> onFailed,
      BooleanSupplier abandoned) {
    this.id = id;
    this.callback = callback;
    this.exchange = exchange;
    this.onFinished = onFinished;
    this.onFailed = onFailed;
    this.abandoned = abandoned;
  }

  long id() {
    return id;
  }

  String callback() {
    return callback;
  }

  /** Returns the exchange, for use on its loop; null outside of any. */
  @Nullable StreamContext exchange() {
    return exchange;
  }

  /** Returns whether nobody will end what the callback still begins; on the loop. */
  boolean isAbandoned() {
    return abandoned.getAsBoolean();
  }

  long usedNanos() {
    return usedNanos;
  }

  long usedBytes() {
    return usedBytes;
  }

  void used(long nanos, long bytes) {
    usedNanos += nanos;
    usedBytes += bytes;
  }

  boolean isStarted() {
    return started;
  }

  void start() {
    started = true;
  }

  boolean isOver() {
    return over.get();
  }

  /** Reports the outcome; the first report counts. */
  void finished(Outcome outcome) {
    if (over.compareAndSet(false, true)) {
      onFinished.accept(outcome);
    }
  }

  /** Reports a failure; the first report counts. Any thread. */
  void failed(PluginException failure) {
    if (over.compareAndSet(false, true)) {
      onFailed.accept(failure);
    }
  }
}
