package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.ServiceException;

/** Holds the status codes of the proxy-wasm ABI, {@code proxy_status_t}. */
final class AbiStatus {
  static final int OK = 0;
  static final int NOT_FOUND = 1;
  static final int BAD_ARGUMENT = 2;
  static final int SERIALIZATION_FAILURE = 3;
  static final int PARSE_FAILURE = 4;
  static final int INVALID_MEMORY_ACCESS = 6;
  static final int EMPTY = 7;
  static final int CAS_MISMATCH = 8;
  static final int INTERNAL_FAILURE = 10;
  static final int UNIMPLEMENTED = 12;

  private AbiStatus() {}

  /** Translates the failure of a host service. */
  static int of(ServiceException failure) {
    return switch (failure.reason()) {
      case NOT_FOUND -> NOT_FOUND;
      case BAD_ARGUMENT -> BAD_ARGUMENT;
      case CAS_MISMATCH -> CAS_MISMATCH;
      case NOT_GRANTED, LIMIT, TIMEOUT, UNAVAILABLE, CANCELLED, INTERNAL -> INTERNAL_FAILURE;
    };
  }
}
