package dev.sluice.proxy.internal.callout;

import dev.sluice.plugin.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Is how a gRPC call ended (gRPC over HTTP/2, Status and Status-Message).
 *
 * @param code the status code; 0 is OK
 * @param message what the server or the gateway says about it
 */
record GrpcStatus(int code, String message) {
  static final int OK = 0;
  static final int CANCELLED = 1;
  static final int UNKNOWN = 2;
  static final int DEADLINE_EXCEEDED = 4;
  static final int PERMISSION_DENIED = 7;
  static final int RESOURCE_EXHAUSTED = 8;
  static final int UNIMPLEMENTED = 12;
  static final int INTERNAL = 13;
  static final int UNAVAILABLE = 14;
  static final int UNAUTHENTICATED = 16;

  /** Reads the status from trailers, or from headers that are trailers as well. */
  static GrpcStatus of(Headers trailers) {
    var code = trailers.get("grpc-status");
    if (code == null) {
      return new GrpcStatus(UNKNOWN, "the answer has no grpc-status");
    }
    try {
      return new GrpcStatus(
          Integer.parseUnsignedInt(code.strip()), decoded(trailers.get("grpc-message", "")));
    } catch (NumberFormatException e) {
      return new GrpcStatus(UNKNOWN, "grpc-status: \"" + code + "\" (expected: a number)");
    }
  }

  /**
   * Returns the status that stands for an HTTP status without gRPC (gRPC, HTTP to gRPC mapping).
   */
  static GrpcStatus ofHttp(String status) {
    int code =
        switch (status) {
          case "400" -> INTERNAL;
          case "401" -> UNAUTHENTICATED;
          case "403" -> PERMISSION_DENIED;
          case "404" -> UNIMPLEMENTED;
          case "429", "502", "503", "504" -> UNAVAILABLE;
          default -> UNKNOWN;
        };
    return new GrpcStatus(code, "HTTP status " + status + " (expected: 200)");
  }

  /** Decodes percent-encoded UTF-8; what is no valid escape stays as it is. */
  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    var bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
