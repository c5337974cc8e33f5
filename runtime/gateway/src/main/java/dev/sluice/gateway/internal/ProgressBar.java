package dev.sluice.gateway.internal;

import dev.sluice.registry.Progress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Draws a bar for each blob on the terminal while bytes move; draws nothing elsewhere. */
final class ProgressBar implements Progress {
  private static final int WIDTH = 30;
  private static final int FINISHED = WIDTH + 1;

  private final String verb;
  private final boolean terminal;
  private final Map<String, Integer> drawn = new HashMap<>();

  @SuppressWarnings("SystemConsoleNull") // Its type says that it may be null.
  ProgressBar(String verb) {
    this.verb = verb;
    var console = System.console();
    this.terminal = console != null && console.isTerminal();
  }

  @Override
  public synchronized void moved(String what, long bytes, long total) {
    if (!terminal || total <= 0) {
      return;
    }
    int done = bytes >= total ? FINISHED : (int) (bytes * WIDTH / total);
    int before = drawn.getOrDefault(what, -1);
    // A transfer that begins again may go back, a finished one is only told once.
    if (done == before || before == FINISHED) {
      return;
    }
    drawn.put(what, done);
    System.err.print("\r" + line(verb, what, done, bytes, total) + (done == FINISHED ? "\n" : ""));
    System.err.flush();
  }

  /** Returns a line that is as long for every state of a blob. */
  static String line(String verb, String what, int done, long bytes, long total) {
    int filled = Math.min(done, WIDTH);
    var name = what.replaceFirst("^sha(256|512):", "");
    var size = size(total);
    return String.format(
        Locale.ROOT,
        "%s %-12s [%s%s] %" + size.length() + "s of %s",
        verb,
        name.substring(0, Math.min(12, name.length())),
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        size(Math.min(bytes, total)),
        size);
  }

  private static String size(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
        : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }
}
