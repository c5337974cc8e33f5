package dev.sluice.benchmarks;

/** Reports that the benches could not be run. */
public final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public BenchException(String message) {
    super(message);
  }

  /** Creates the exception with what caused it. */
  public BenchException(String message, Throwable cause) {
    super(message, cause);
  }
}
