package dev.sluice.ai;

/** Says that a message is not what its format asks for, or passes a limit. */
public final class AiFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Kind {
    /** The bytes are not JSON, not UTF-8, or not a message of the format. */
    MALFORMED,
    /** A limit of {@link AiLimits} was passed. */
    TOO_LARGE,
    /** The message means something that the other format cannot say. */
    UNSUPPORTED
  }

  private final Kind kind;

  public AiFormatException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Returns what is wrong. */
  public Kind kind() {
    return kind;
  }
}
