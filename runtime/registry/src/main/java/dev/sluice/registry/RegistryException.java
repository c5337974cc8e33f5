package dev.sluice.registry;

/** Reports that an artifact could not be got, checked, stored or published. */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what went wrong, for decisions in code. */
  public enum Reason {
    /** The reference or an argument is wrong. */
    BAD_REFERENCE,
    /** The registry has no such thing. */
    NOT_FOUND,
    /** Credentials are missing or refused. */
    DENIED,
    /** What came is not what was asked for: digest, size, media type. */
    MISMATCH,
    /** What came is no plugin. */
    NOT_A_PLUGIN,
    /** A size limit was passed. */
    TOO_LARGE,
    /** The registry cannot be reached, or failed. */
    UNAVAILABLE,
    /** A key cannot be read or used. */
    BAD_KEY,
    /** A signature that must be there is not, or is by nobody who counts. */
    UNVERIFIED
  }

  /** What went wrong. */
  private final Reason reason;

  /** Creates the exception. */
  public RegistryException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Creates the exception with its cause. */
  public RegistryException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Returns what went wrong. */
  public Reason reason() {
    return reason;
  }
}
