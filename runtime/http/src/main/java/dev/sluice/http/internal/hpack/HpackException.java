package dev.sluice.http.internal.hpack;

/** Reports that a header block cannot be decompressed, so that the connection is of no more use. */
final class HpackException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HpackException(String detail) {
    super(detail, null, false, false);
  }
}
