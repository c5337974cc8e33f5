package dev.sluice.gateway.internal;

/** Ends a command with exit code 1 and a message for the user. */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the failure. */
  public CommandFailure(String message) {
    super(message);
  }

  /** Creates the failure with its cause. */
  public CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
