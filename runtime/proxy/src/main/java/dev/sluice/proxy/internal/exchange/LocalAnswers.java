package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.GatewayError;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Renders what the gateway answers itself: problem+json (RFC 9457), or a {@code grpc-status} for a
 * caller that speaks gRPC.
 */
public final class LocalAnswers {
  /** Renders the errors of routes that have no renderer of their own. */
  public static final ErrorRenderer DEFAULT = LocalAnswers::render;

  private static final byte[] NO_BODY = new byte[0];

  private LocalAnswers() {}

  private static ErrorRenderer.Answer render(
      GatewayError error, @Nullable Headers request, String requestId) {
    if (isGrpc(request)) {
      return grpc(grpcStatus(error.status()), error.code() + ": " + error.message());
    }
    var json = new StringBuilder(160);
    json.append("{\"type\":\"about:blank\",\"title\":");
    quote(json, error.message());
    json.append(",\"status\":").append(error.status()).append(",\"code\":");
    quote(json, error.code());
    json.append(",\"requestId\":");
    quote(json, requestId);
    json.append("}");
    return new ErrorRenderer.Answer(
        Headers.of(
            ":status",
            Integer.toString(error.status()),
            "content-type",
            "application/problem+json"),
        json.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Renders an error as the route of an exchange says. */
  static ErrorRenderer.Answer of(GatewayError failure, ExchangeFacts exchange) {
    var renderer = exchange.route == null ? DEFAULT : exchange.route.errors;
    return renderer.render(failure, exchange.requestHeaders, exchange.requestId());
  }

  /** Renders a plugin's answer: as it is, or as trailers only for gRPC. */
  static ErrorRenderer.Answer of(LocalResponse response, @Nullable Headers request) {
    if (isGrpc(request)) {
      int status =
          response.grpcStatus() >= 0 ? response.grpcStatus() : grpcStatus(response.status());
      var answer = grpc(status, new String(response.body(), StandardCharsets.UTF_8));
      addFields(answer.headers(), response.headers());
      return answer;
    }
    var headers = Headers.of(":status", Integer.toString(response.status()));
    addFields(headers, response.headers());
    return new ErrorRenderer.Answer(headers, response.body());
  }

  /** Adds what every answer has. */
  static void complete(ErrorRenderer.Answer answer, @Nullable Headers request, String requestId) {
    var headers = answer.headers();
    if (!headers.contains("x-request-id")) {
      headers.add("x-request-id", requestId);
    }
    if (!isGrpc(request)) {
      headers.set("content-length", Integer.toString(answer.body().length));
    }
  }

  private static void addFields(Headers to, Headers from) {
    for (int i = 0; i < from.size(); i++) {
      var name = from.name(i);
      if (name.charAt(0) != ':' && !name.equals("content-length") && !isConnectionField(name)) {
        if (!name.equals("content-type") || !to.contains(name)) {
          to.add(name, from.value(i));
        }
      }
    }
  }

  private static boolean isConnectionField(String name) {
    return name.equals("transfer-encoding") || name.equals("connection");
  }

  static boolean isGrpc(@Nullable Headers request) {
    if (request == null) {
      return false;
    }
    var type = request.get("content-type");
    return type != null
        && type.startsWith("application/grpc")
        && (type.length() == 16 || type.charAt(16) == '+' || type.charAt(16) == ';');
  }

  private static ErrorRenderer.Answer grpc(int status, String message) {
    return new ErrorRenderer.Answer(
        Headers.of(
            ":status",
            "200",
            "content-type",
            "application/grpc",
            "grpc-status",
            Integer.toString(status),
            "grpc-message",
            percentEncoded(message)),
        NO_BODY);
  }

  /** Maps as the gRPC specification does ("HTTP to gRPC Status Code Mapping"). */
  private static int grpcStatus(int http) {
    return switch (http) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 413 -> 8;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  private static String percentEncoded(String text) {
    var encoded = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xff;
      if (c >= 0x20 && c < 0x7f && c != '%') {
        encoded.append((char) c);
      } else {
        encoded
            .append('%')
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      }
    }
    return encoded.toString();
  }

  private static void quote(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20) {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
