package dev.sluice.testkit;

import org.jspecify.annotations.Nullable;

/** Reports that a plugin cannot be tested: it does not start, or does not come to rest. */
public final class TestkitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public TestkitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
