package dev.sluice.wasm.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiExchange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is an exchange that notes what a filter does to it. */
final class FakeExchange implements StreamContext {
  final Headers request =
      Headers.of(
          ":method",
          "GET",
          ":path",
          "/",
          ":authority",
          "example.com",
          ":scheme",
          "http",
          "user-agent",
          "test");
  final Headers response = Headers.of(":status", "200", "content-type", "text/plain");
  final FakeProperties properties = new FakeProperties().with("/", "request", "path");
  final List<String> actions = new ArrayList<>();
  final List<Runnable> tasks = new ArrayList<>();
  @Nullable LocalResponse answer;
  @Nullable Headers requestTrailers;
  @Nullable Headers responseTrailers;
  @Nullable FakeBody requestBody;
  @Nullable FakeBody responseBody;
  Runnable onLocalResponse = () -> {};

  LocalResponse answer() {
    var sent = answer;
    if (sent == null) {
      throw new AssertionError("no local response was sent");
    }
    return sent;
  }

  @Override
  public long id() {
    return 1;
  }

  @Override
  public Headers requestHeaders() {
    return request;
  }

  @Override
  public @Nullable Headers requestTrailers() {
    return requestTrailers;
  }

  @Override
  public Headers responseHeaders() {
    return response;
  }

  @Override
  public @Nullable Headers responseTrailers() {
    return responseTrailers;
  }

  @Override
  public @Nullable Body body(Direction direction) {
    return direction == Direction.REQUEST ? requestBody : responseBody;
  }

  @Override
  public void resume(Direction direction) {
    actions.add("resume " + direction);
  }

  @Override
  public void sendLocalResponse(LocalResponse response) {
    answer = response;
    actions.add("answer " + response.status());
    onLocalResponse.run();
  }

  @Override
  public void inject(Direction direction, byte[] data, boolean endOfStream) {
    actions.add(
        "inject " + direction + " " + new String(data, StandardCharsets.UTF_8) + " " + endOfStream);
  }

  @Override
  public Headers addTrailers(Direction direction) {
    var added = new Headers();
    if (direction == Direction.REQUEST) {
      requestTrailers = added;
    } else {
      responseTrailers = added;
    }
    return added;
  }

  @Override
  public void resetStream() {
    actions.add("reset");
  }

  @Override
  public void setBufferLimit(Direction direction, long bytes) {
    actions.add("limit " + direction + " " + bytes);
  }

  @Override
  public void clearRouteCache() {
    actions.add("clear route cache");
  }

  @Override
  public Properties properties() {
    return properties;
  }

  @Override
  public @Nullable AiExchange ai() {
    return null;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public boolean isClosed() {
    return false;
  }
}
