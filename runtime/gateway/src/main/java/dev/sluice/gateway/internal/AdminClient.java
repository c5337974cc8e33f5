package dev.sluice.gateway.internal;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls the admin API of a gateway. */
final class AdminClient {
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final URI base;
  private final @Nullable String token;

  AdminClient(String url, @Nullable String token) {
    this.base = URI.create(url.contains("://") ? url : "http://" + url);
    this.token = token;
  }

  JsonNode getJson(String path) {
    return send("GET", path, "");
  }

  /**
   * Sends a request and returns the JSON of the answer.
   *
   * @throws CommandFailure with the gateway's reasons for any other answer than 2xx
   */
  JsonNode send(String method, String path, String body) {
    var response = raw(method, path, body);
    if (response.statusCode() / 100 != 2) {
      throw new CommandFailure(reason(method, path, response));
    }
    var text = response.body();
    return text.startsWith("{") || text.startsWith("[")
        ? JsonMapper.shared().readTree(text)
        : JsonMapper.shared().createObjectNode();
  }

  HttpResponse<String> raw(String method, String path, String body) {
    var request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(Duration.ofMinutes(2))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (token != null && !token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new CommandFailure("cannot reach the admin API at " + base, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  private static String reason(String method, String path, HttpResponse<String> response) {
    var text = new StringBuilder(method + " " + path + " answered " + response.statusCode());
    try {
      var problem = JsonMapper.shared().readTree(response.body());
      text.append(": ").append(problem.path("detail").asString(""));
      for (var error : problem.path("errors")) {
        text.append("\n  ")
            .append(error.path("path").asString(""))
            .append(": ")
            .append(error.path("message").asString(""));
      }
    } catch (JacksonException e) {
      text.append(": ").append(response.body());
    }
    return text.toString();
  }
}
