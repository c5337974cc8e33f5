package dev.sluice.control.internal;

import dev.sluice.proxy.SnapshotSpec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Remembers the entries and digests that a plugin served with, for rollback. */
final class PluginHistory {
  private static final int KEPT = 8;

  private final Map<String, Deque<Version>> versions = new HashMap<>();

  /**
   * Is one version that served.
   *
   * @param entry of {@code plugins}, before substitution
   */
  record Version(ObjectNode entry, String digest) {}

  /**
   * Remembers what a configuration that now serves has.
   *
   * @param staged plugins whose new version does not serve all exchanges
   */
  synchronized void remember(ConfigLoader.Loaded loaded, SnapshotSpec spec, Set<String> staged) {
    Map<String, String> digests = new HashMap<>();
    spec.plugins().stream()
        .filter(p -> !staged.contains(p.name()))
        .forEach(p -> digests.put(p.name(), p.vm().source().digest()));
    for (var node : loaded.raw().path("plugins")) {
      var digest = digests.get(node.path("name").asString(""));
      if (digest == null || !(node instanceof ObjectNode entry)) {
        continue;
      }
      var kept = versions.computeIfAbsent(node.path("name").asString(""), n -> new ArrayDeque<>());
      var version = new Version(entry.deepCopy(), digest);
      if (!version.equals(kept.peekLast())) {
        kept.addLast(version);
        if (kept.size() > KEPT) {
          kept.removeFirst();
        }
      }
    }
  }

  /** Returns the version before the one that serves. */
  synchronized Optional<Version> previous(String plugin) {
    var kept = versions.get(plugin);
    if (kept == null || kept.size() < 2) {
      return Optional.empty();
    }
    var newest = kept.removeLast();
    var previous = kept.peekLast();
    kept.addLast(newest);
    return Optional.ofNullable(previous);
  }

  /**
   * Forgets what was rolled back: the newest version, which serves now, takes the place of the one
   * that it brought back, so that a second rollback goes one further.
   */
  synchronized void rolledBack(String plugin, Version broughtBack) {
    var kept = versions.getOrDefault(plugin, new ArrayDeque<>());
    var serves = kept.pollLast();
    var forgotten = kept.pollLast();
    while (forgotten != null && !forgotten.equals(broughtBack)) {
      forgotten = kept.pollLast();
    }
    if (serves != null) {
      kept.addLast(serves);
    }
  }
}
