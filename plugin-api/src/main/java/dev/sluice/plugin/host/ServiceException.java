package dev.sluice.plugin.host;

/** Reports that a host service did not do what was asked. */
public final class ServiceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says why, for decisions in code. */
  public enum Reason {
    /** The plugin was not granted the service or the upstream. */
    NOT_GRANTED,
    /** No such upstream, key, set, metric. */
    NOT_FOUND,
    /** An argument is wrong. */
    BAD_ARGUMENT,
    /** A compare-and-set met another value. */
    CAS_MISMATCH,
    /** A limit of the plugin was reached. */
    LIMIT,
    /** The call took too long. */
    TIMEOUT,
    /** The service or upstream cannot be reached. */
    UNAVAILABLE,
    /** The caller cancelled. */
    CANCELLED,
    /** A defect of the host. */
    INTERNAL
  }

  /** Why. */
  private final Reason reason;

  /** Creates an exception without a stack trace: it is an answer, not a defect. */
  public ServiceException(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  /** Returns why. */
  public Reason reason() {
    return reason;
  }
}
