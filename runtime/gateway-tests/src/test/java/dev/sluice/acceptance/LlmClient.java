package dev.sluice.acceptance;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Is a client that speaks the formats of LLMs by hand, where an SDK would hide what comes. */
final class LlmClient implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;

  LlmClient(int port) {
    this(port, "");
  }

  /**
   * @param mount what stands before the paths of the APIs
   */
  LlmClient(int port, String mount) {
    base = "http://127.0.0.1:" + port + mount;
  }

  /** Asks for a chat completion. */
  HttpResponse<String> chat(String model, String text, boolean stream) {
    var body = object().put("model", model).put("stream", stream);
    body.putArray("messages").addObject().put("role", "user").put("content", text);
    if (stream) {
      body.putObject("stream_options").put("include_usage", true);
    }
    return post("/v1/chat/completions", body);
  }

  /** Asks for a message. */
  HttpResponse<String> message(String model, String text, boolean stream) {
    var body = object().put("model", model).put("stream", stream).put("max_tokens", 100);
    body.putArray("messages").addObject().put("role", "user").put("content", text);
    return post("/v1/messages", body);
  }

  private static tools.jackson.databind.node.ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }

  HttpResponse<String> post(String path, JsonNode body) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(60))
            .header("content-type", "application/json")
            .header("anthropic-version", "2023-06-01")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    return client.sendAsync(request, BodyHandlers.ofString()).join();
  }

  static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
