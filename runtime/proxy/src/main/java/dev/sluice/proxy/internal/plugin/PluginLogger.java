package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.PluginLog;
import dev.sluice.proxy.PluginLines;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a plugin's lines to the logger {@code sluice.plugin.<name>}, or to whom takes them in its
 * place, so many a second.
 */
final class PluginLogger implements PluginLog {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final String plugin;
  private final Logger logger;
  private final int linesPerSecond;
  private final Clock clock;
  private final @Nullable PluginLines taker;
  private final AtomicLong windowStart;
  private final AtomicInteger lines = new AtomicInteger();
  private final AtomicLong dropped = new AtomicLong();

  PluginLogger(String plugin, int linesPerSecond, Clock clock, @Nullable PluginLines taker) {
    this.plugin = plugin;
    logger = LoggerFactory.getLogger("sluice.plugin." + plugin);
    this.linesPerSecond = linesPerSecond;
    this.clock = clock;
    this.taker = taker;
    windowStart = new AtomicLong(clock.monotonicNanos());
  }

  @Override
  public Level level() {
    if (taker != null || logger.isTraceEnabled()) {
      return Level.TRACE;
    }
    if (logger.isDebugEnabled()) {
      return Level.DEBUG;
    }
    if (logger.isInfoEnabled()) {
      return Level.INFO;
    }
    return logger.isWarnEnabled() ? Level.WARN : Level.ERROR;
  }

  @Override
  public void log(Level level, String message) {
    if (level.compareTo(level()) < 0 || !mayWrite()) {
      return;
    }
    var to = taker;
    if (to != null) {
      to.line(plugin, level, message);
      return;
    }
    switch (level) {
      case TRACE -> logger.trace("{}", message);
      case DEBUG -> logger.debug("{}", message);
      case INFO -> logger.info("{}", message);
      case WARN -> logger.warn("{}", message);
      case ERROR, CRITICAL -> logger.error("{}", message);
    }
  }

  private boolean mayWrite() {
    long now = clock.monotonicNanos();
    long start = windowStart.get();
    if (now - start >= SECOND && windowStart.compareAndSet(start, now)) {
      lines.set(0);
      long lost = dropped.getAndSet(0);
      if (lost > 0) {
        logger.warn("{} lines dropped (limits.logLines: {}/s)", lost, linesPerSecond);
      }
    }
    if (lines.incrementAndGet() > linesPerSecond) {
      dropped.incrementAndGet();
      return false;
    }
    return true;
  }
}
