package dev.sluice.polyglot.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;

/** Says, in words for the operator, why a script ended early, and where in the author's file. */
final class ScriptFailures {
  private static final int MOST_FRAMES = 12;

  private ScriptFailures() {}

  /** Translates what was thrown out of a script. */
  static PluginException of(SourceMap map, String plugin, String what, Throwable thrown) {
    if (thrown instanceof PolyglotException error) {
      Kind kind =
          error.isInternalError()
              ? Kind.INTERNAL
              : error.isResourceExhausted() || error.isCancelled() || error.isInterrupted()
                  ? Kind.LIMIT
                  : Kind.TRAP;
      return new PluginException(
          kind, plugin + ": " + what + " failed: " + error.getMessage() + where(map, error), error);
    }
    if (thrown instanceof StackOverflowError) {
      return new PluginException(Kind.LIMIT, plugin + ": " + what + " ran out of stack", thrown);
    }
    return new PluginException(
        Kind.INTERNAL, plugin + ": " + what + ": defect of the host: " + thrown, thrown);
  }

  /** Translates the value that a promise was rejected with; on the script thread. */
  static PluginException ofValue(SourceMap map, String plugin, String what, Value error) {
    if (error.isException()) {
      try {
        throw error.throwException();
      } catch (PolyglotException e) {
        return of(map, plugin, what, e);
      }
    }
    return new PluginException(
        Kind.TRAP,
        plugin
            + ": "
            + what
            + " failed: "
            + (error.isString() ? error.asString() : "rejected with " + error));
  }

  private static String where(SourceMap map, PolyglotException error) {
    var text = new StringBuilder();
    int frames = 0;
    for (var frame : error.getPolyglotStackTrace()) {
      var location = frame.isGuestFrame() ? frame.getSourceLocation() : null;
      if (location != null && location.isAvailable() && !location.getSource().isInternal()) {
        if (frames++ == MOST_FRAMES) {
          return text.append("\n  …").toString();
        }
        text.append("\n  at ").append(frame.getRootName()).append(" (");
        text.append(
            map.position(
                location.getSource().getName(),
                location.getStartLine(),
                location.getStartColumn()));
        text.append(')');
      }
    }
    if (frames == 0 && error.getSourceLocation() != null) {
      var location = error.getSourceLocation();
      text.append("\n  at ");
      text.append(
          map.position(
              location.getSource().getName(), location.getStartLine(), location.getStartColumn()));
    }
    return text.toString();
  }
}
