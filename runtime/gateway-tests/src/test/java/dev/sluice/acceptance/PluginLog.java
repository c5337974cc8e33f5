package dev.sluice.acceptance;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** Keeps what is logged in the name of a plugin of a gateway in this process. */
final class PluginLog {
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  private PluginLog(String plugin) {
    lines.start();
    ((Logger) LoggerFactory.getLogger("sluice.plugin." + plugin)).addAppender(lines);
  }

  /** Begins to keep. */
  static PluginLog of(String plugin) {
    return new PluginLog(plugin);
  }

  /** Returns all lines so far. */
  String text() {
    return List.copyOf(lines.list).stream()
        .map(ILoggingEvent::getFormattedMessage)
        .collect(Collectors.joining("\n"));
  }
}
