package dev.sluice.control.internal;

import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Is a whole request of the admin API. */
record AdminRequest(Headers headers, byte[] body) {
  String method() {
    return headers.get(":method", "");
  }

  private String target() {
    return headers.get(":path", "/");
  }

  String path() {
    var target = target();
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /**
   * Returns the segments of the path, decoded.
   *
   * @throws AdminRefusal when one cannot be decoded
   */
  List<String> segments() {
    var path = path();
    return Arrays.stream(path.substring(path.startsWith("/") ? 1 : 0).split("/", -1))
        .map(AdminRequest::decoded)
        .toList();
  }

  /**
   * Returns the parameters of the query, decoded.
   *
   * @throws AdminRefusal when one cannot be decoded or stands twice
   */
  Map<String, String> query() {
    Map<String, String> parameters = new LinkedHashMap<>();
    int start = target().indexOf('?');
    if (start < 0 || start + 1 == target().length()) {
      return parameters;
    }
    for (var part : target().substring(start + 1).split("&", -1)) {
      int equals = part.indexOf('=');
      var name = decoded(equals < 0 ? part : part.substring(0, equals));
      var value = equals < 0 ? "" : decoded(part.substring(equals + 1));
      if (parameters.put(name, value) != null) {
        throw AdminRefusal.badRequest("query parameter \"" + name + "\" stands twice");
      }
    }
    return parameters;
  }

  private static String decoded(String part) {
    try {
      return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw AdminRefusal.badRequest("\"" + part + "\" (expected: percent-encoded UTF-8)");
    }
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  /**
   * Returns the body as text.
   *
   * @throws AdminRefusal when it is not UTF-8
   */
  String text() {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw AdminRefusal.badRequest("the body is not UTF-8");
    }
  }
}
