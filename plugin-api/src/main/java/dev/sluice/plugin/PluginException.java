package dev.sluice.plugin;

/**
 * Reports that a plugin failed, could not be loaded or went past a limit. The message is for the
 * operator; callers of the gateway never see it.
 */
public final class PluginException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what went wrong; the words appear in metrics. */
  public enum Kind {
    /** The artifact is not what its engine can run, or asks for more than it was granted. */
    LOAD,
    /** The plugin refused its configuration. */
    CONFIGURE,
    /** The guest trapped or the script threw. */
    TRAP,
    /** A callback used more CPU time than allowed. */
    TIMEOUT,
    /** Memory, stack or another limit was passed. */
    LIMIT,
    /**
     * What the plugin let through is no correct message, as a body of another length than
     * announced.
     */
    MESSAGE,
    /** The VM is dead because of an earlier failure. */
    DEAD,
    /** A defect of the host. */
    INTERNAL
  }

  /** What went wrong. */
  private final Kind kind;

  /** Creates an exception without a cause. */
  public PluginException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Creates an exception with its cause. */
  public PluginException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Returns what went wrong. */
  public Kind kind() {
    return kind;
  }
}
