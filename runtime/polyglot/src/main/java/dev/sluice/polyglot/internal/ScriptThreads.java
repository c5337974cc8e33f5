package dev.sluice.polyglot.internal;

import java.util.ArrayList;
import java.util.List;

/** Keeps one script thread for each event loop, made when first asked for. Thread-safe. */
final class ScriptThreads implements AutoCloseable {
  private final String language;
  private final List<ScriptThread> threads = new ArrayList<>();

  ScriptThreads(String language) {
    this.language = language;
  }

  /** Returns the script thread of a loop. */
  synchronized ScriptThread of(int loop) {
    while (threads.size() <= loop) {
      threads.add(new ScriptThread("sluice-" + language + "-" + threads.size()));
    }
    return threads.get(loop);
  }

  @Override
  public synchronized void close() {
    threads.forEach(ScriptThread::close);
    threads.clear();
  }
}
