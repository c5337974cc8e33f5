package dev.sluice.gateway.internal;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;

/**
 * Sends log lines to the standard error from a thread of its own, so that an event loop never waits
 * for a terminal; when that thread falls behind, lines below warning are dropped. The level is that
 * of {@code SLUICE_LOG}, {@code info} by default.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
  private static final int QUEUE = 8192;

  /** Creates the configurator; called by logback. */
  public LogSetup() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n%ex");
    encoder.start();
    var console = new ConsoleAppender<ILoggingEvent>();
    console.setContext(context);
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    var async = new AsyncAppender();
    async.setContext(context);
    async.setQueueSize(QUEUE);
    async.setNeverBlock(true);
    async.addAppender(console);
    async.start();
    var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(System.getenv("SLUICE_LOG"), Level.INFO));
    root.addAppender(async);
    quiet(context, "io.netty");
    quiet(context, "com.networknt");
    // Below warning it writes the headers of requests to registries, credentials included.
    quiet(context, "org.apache.hc");
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static void quiet(LoggerContext context, String name) {
    Logger logger = context.getLogger(name);
    logger.setLevel(Level.WARN);
  }

  /**
   * Leaves out what is of no interest to who runs one command, unless {@code SLUICE_LOG} is set.
   */
  static void warningsOnly() {
    if (System.getenv("SLUICE_LOG") == null
        && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    }
  }

  /** Writes what is queued; called before the process ends. */
  static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }
}
