package dev.sluice.control.internal;

/** Reports a request to the admin API that cannot be carried out. */
final class AdminRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int status;
  private final String code;

  AdminRefusal(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  static AdminRefusal badRequest(String message) {
    return new AdminRefusal(400, "bad_request", message);
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }
}
