package dev.sluice.http.internal.net;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reports that a peer broke the rules of HTTP, with the status that a client gets for it. Has no
 * stack trace: an attacker chooses how often it is made.
 */
public final class BadMessage extends RuntimeException {
  /** Stands for a status where the peer speaks another protocol, and would not read one. */
  public static final int NO_ANSWER = 0;

  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * Creates the report.
   *
   * @param detail what is wrong, for logs
   */
  public BadMessage(int status, String detail) {
    super(detail, null, false, false);
    this.status = status;
  }

  /** Returns the status to answer. */
  public int status() {
    return status;
  }

  /** Returns what is wrong. */
  public String detail() {
    var message = getMessage();
    return message == null ? "" : message;
  }

  /** Returns the problem document (RFC 9457) that answers a status the codec itself chose. */
  public static byte[] problem(int status) {
    return ("{\"type\":\"about:blank\",\"title\":\""
            + Statuses.reason(status)
            + "\",\"status\":"
            + status
            + ",\"code\":\""
            + code(status)
            + "\"}")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static String code(int status) {
    return switch (status) {
      case 408 -> "request_timeout";
      case 413 -> "body_too_large";
      case 431 -> "headers_too_large";
      case 503 -> "overloaded";
      default -> "bad_request";
    };
  }

  /** Returns a value for a message: shortened, and without what could confuse a log. */
  public static String quote(@Nullable String value) {
    if (value == null) {
      return "nothing";
    }
    var text = new StringBuilder("\"");
    for (int i = 0; i < Math.min(value.length(), 80); i++) {
      char c = value.charAt(i);
      text.append(c < ' ' || c > '~' ? '?' : c);
    }
    return text.append(value.length() > 80 ? "…\"" : "\"").toString();
  }
}
