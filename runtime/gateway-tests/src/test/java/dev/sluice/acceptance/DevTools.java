package dev.sluice.acceptance;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks a bit of the Chrome DevTools protocol, as a debugger does. */
final class DevTools implements WebSocket.Listener {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final BlockingQueue<JsonNode> received = new LinkedBlockingQueue<>();
  private final StringBuilder partial = new StringBuilder();
  private final WebSocket socket;
  private int lastId;

  DevTools(HttpClient client, URI uri) {
    socket =
        client
            .newWebSocketBuilder()
            .buildAsync(uri, this)
            .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .join();
  }

  /** Sends a command and returns its result. */
  JsonNode call(String method, String parameters) {
    int id = ++lastId;
    var text = "{\"id\":%d,\"method\":\"%s\",\"params\":%s}".formatted(id, method, parameters);
    socket.sendText(text, true).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    while (true) {
      var message = next();
      if (message.path("id").asInt(-1) == id) {
        return message.path("result");
      }
    }
  }

  /** Waits for an event and returns its parameters. */
  JsonNode event(String method) {
    while (true) {
      var message = next();
      if (message.path("method").asString("").equals(method)) {
        return message.path("params");
      }
    }
  }

  private JsonNode next() {
    try {
      var message = received.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (message == null) {
        throw new IllegalStateException("the inspector says nothing");
      }
      return message;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      received.add(JsonMapper.shared().readTree(partial.toString()));
      partial.setLength(0);
    }
    from.request(1);
    return CompletableFuture.completedFuture(null);
  }
}
