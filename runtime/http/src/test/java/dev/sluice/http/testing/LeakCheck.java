package dev.sluice.http.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/** Fails the tests of a class when Netty's leak detector (at PARANOID) reports a lost buffer. */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
  private final ListAppender<ILoggingEvent> seen = new ListAppender<>();

  @Override
  public void beforeAll(ExtensionContext context) {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    seen.start();
    detectorLogger().addAppender(seen);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    for (int i = 0; i < 3; i++) {
      System.gc();
      ByteBufAllocator.DEFAULT.directBuffer(16).release();
    }
    detectorLogger().detachAppender(seen);
    var leaks =
        List.copyOf(seen.list).stream()
            .map(ILoggingEvent::getFormattedMessage)
            .filter(message -> message.contains("LEAK"))
            .toList();
    if (!leaks.isEmpty()) {
      throw new AssertionError("lost buffers: " + leaks);
    }
  }

  private static Logger detectorLogger() {
    return (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
  }
}
