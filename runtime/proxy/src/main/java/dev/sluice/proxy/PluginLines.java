package dev.sluice.proxy;

import dev.sluice.plugin.host.PluginLog;

/** Takes the log lines of plugins in place of the process' own log. */
@FunctionalInterface
public interface PluginLines {
  /**
   * Takes a line that is within the plugin's bound of lines; called on any thread.
   *
   * @param level of all levels: none is left out
   */
  void line(String plugin, PluginLog.Level level, String message);
}
