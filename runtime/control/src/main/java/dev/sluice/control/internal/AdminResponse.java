package dev.sluice.control.internal;

import dev.sluice.plugin.Headers;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Is a whole answer of the admin API. */
record AdminResponse(int status, Headers headers, byte[] body) {
  static AdminResponse json(int status, JsonNode body) {
    var pretty =
        JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(body) + "\n";
    return text(status, "application/json", pretty);
  }

  static AdminResponse text(int status, String type, String body) {
    var headers = Headers.of("content-type", type, "cache-control", "no-store");
    return new AdminResponse(status, headers, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns success without content. */
  static AdminResponse none() {
    return new AdminResponse(204, Headers.of("cache-control", "no-store"), new byte[0]);
  }

  /** Returns an error as problem+json (RFC 9457) with a stable code. */
  static AdminResponse problem(int status, String code, String detail) {
    var body = JsonMapper.shared().createObjectNode();
    body.put("status", status);
    body.put("code", code);
    body.put("detail", detail);
    return text(status, "application/problem+json", body + "\n");
  }

  AdminResponse with(String name, String value) {
    headers.set(name, value);
    return this;
  }
}
