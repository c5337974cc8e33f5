package dev.sluice.gateway.internal;

import dev.sluice.registry.Progress;

/** Draws a bar on the terminal while bytes move; draws nothing elsewhere. */
final class ProgressBar implements Progress {
  private static final int WIDTH = 30;

  private final String verb;
  private final boolean terminal;

  @SuppressWarnings("SystemConsoleNull") // Its type says that it may be null.
  ProgressBar(String verb) {
    this.verb = verb;
    var console = System.console();
    this.terminal = console != null && console.isTerminal();
  }

  @Override
  public void moved(String what, long bytes, long total) {
    if (!terminal || total <= 0) {
      return;
    }
    int done = (int) (bytes * WIDTH / total);
    var name = what.replaceFirst("^sha256:", "");
    System.err.printf(
        "\r%s %s [%s%s] %d KiB%s",
        verb,
        name.substring(0, Math.min(12, name.length())),
        "#".repeat(done),
        ".".repeat(WIDTH - done),
        total / 1024,
        bytes >= total ? "\n" : "");
  }
}
