package dev.sluice.control.internal;

import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is a whole request of the admin API. */
record AdminRequest(Headers headers, byte[] body) {
  String method() {
    return headers.get(":method", "");
  }

  String path() {
    var path = headers.get(":path", "/");
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  /** Returns the segments of the path, decoded. */
  List<String> segments() {
    return java.util.Arrays.stream(path().substring(1).split("/", -1))
        .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8))
        .toList();
  }

  boolean flag(String name) {
    var path = headers.get(":path", "/");
    int query = path.indexOf('?');
    return query >= 0 && List.of(path.substring(query + 1).split("&", -1)).contains(name + "=true");
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
