package dev.sluice.registry.internal;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Routes the requests of the distribution specification to the handlers of their kind. */
public final class RegistryHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryHandler.class);
  private static final Pattern PATH =
      Pattern.compile("/v2/(.+)/(manifests|blobs|tags|referrers)/(.*)");

  private final Path folder;
  private final UploadHandler uploads = new UploadHandler();
  private final ManifestHandler manifests = new ManifestHandler();

  /** Serves the repositories below a folder. */
  public RegistryHandler(Path folder) {
    this.folder = folder;
  }

  /** Is a request with what its path and query say. */
  record Call(HttpExchange http, Path folder, boolean known, String repository, String rest) {
    /** Returns the repository's content; a folder is made for it only when there is some. */
    OciLayout layout() {
      return OciLayout.create(folder);
    }

    String method() {
      return http.getRequestMethod();
    }

    Map<String, String> query() {
      Map<String, String> query = new HashMap<>();
      pairs((name, value) -> query.put(name, value));
      return query;
    }

    /** Returns every value that the query has for a name. */
    List<String> values(String wanted) {
      List<String> values = new ArrayList<>();
      pairs(
          (name, value) -> {
            if (name.equals(wanted)) {
              values.add(value);
            }
          });
      return values;
    }

    private void pairs(BiConsumer<String, String> taker) {
      var raw = http.getRequestURI().getRawQuery();
      for (var pair : raw == null ? new String[0] : raw.split("&")) {
        var parts = pair.split("=", 2);
        taker.accept(
            parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }

    void answer(int status, Map<String, String> headers, byte[] body) throws IOException {
      headers.forEach((name, value) -> http.getResponseHeaders().set(name, value));
      boolean head = method().equals("HEAD");
      if (head || body.length == 0) {
        if (head && !headers.containsKey("Content-Length")) {
          http.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
        }
        http.sendResponseHeaders(status, -1);
      } else {
        http.sendResponseHeaders(status, body.length);
        http.getResponseBody().write(body);
      }
    }
  }

  /** Is an error of the specification's list. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  @Override
  public void handle(HttpExchange http) throws IOException {
    try (http) {
      try {
        route(http);
      } catch (Refusal e) {
        refuse(http, e.status, e.code, String.valueOf(e.getMessage()));
      } catch (RegistryException e) {
        int status =
            e.reason() == Reason.NOT_FOUND ? 404 : e.reason() == Reason.TOO_LARGE ? 413 : 400;
        refuse(http, status, "MANIFEST_INVALID", String.valueOf(e.getMessage()));
      } catch (UncheckedIOException e) {
        LOG.warn("{} {}: {}", http.getRequestMethod(), http.getRequestURI(), e.getMessage(), e);
        refuse(http, 500, "UNKNOWN", "the registry cannot read or write its folder");
      }
    }
  }

  private void route(HttpExchange http) throws IOException {
    var path = http.getRequestURI().getPath();
    if (path.equals("/v2/") || path.equals("/v2")) {
      http.sendResponseHeaders(200, -1);
      return;
    }
    var matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      throw new Refusal(404, "UNSUPPORTED", "no such path: " + path);
    }
    var kind = matcher.group(2);
    var repository = matcher.group(1);
    var rest = matcher.group(3);
    // A repository's own name may contain these words, so the last one in the path decides.
    if (!PluginUrl.REPOSITORY.matcher(repository).matches()) {
      throw new Refusal(400, "NAME_INVALID", "repository name \"" + repository + "\"");
    }
    boolean writes =
        http.getRequestMethod().equals("POST") || http.getRequestMethod().equals("PUT");
    var place = folder.resolve(repository);
    boolean known = OciLayout.isLayout(place);
    // Who asks for referrers asks about content that may be elsewhere.
    if (!writes && !known && !kind.equals("referrers")) {
      throw new Refusal(404, "NAME_UNKNOWN", "no repository " + repository);
    }
    var call = new Call(http, place, known, repository, rest);
    switch (kind) {
      case "manifests" -> manifests.handle(call);
      case "tags" -> manifests.tags(call);
      case "referrers" -> manifests.referrers(call);
      default -> uploads.handle(call);
    }
  }

  private static void refuse(HttpExchange http, int status, String code, String message)
      throws IOException {
    var body = Json.MAPPER.createObjectNode();
    body.putArray("errors").addObject().put("code", code).put("message", message);
    var bytes = Json.bytes(body);
    http.getResponseHeaders().set("Content-Type", "application/json");
    if (http.getResponseCode() != -1) {
      return;
    }
    if (http.getRequestMethod().equals("HEAD")) {
      http.sendResponseHeaders(status, -1);
    } else {
      http.sendResponseHeaders(status, bytes.length);
      http.getResponseBody().write(bytes);
    }
  }
}
