package dev.sluice.testkit;

import dev.sluice.plugin.host.PluginLog;
import java.util.Locale;

/** Is a line that a plugin wrote to its log, or the gateway wrote in its name. */
public record LogLine(PluginLog.Level level, String message) {
  @Override
  public String toString() {
    return level.name().toLowerCase(Locale.ROOT) + ": " + message;
  }
}
