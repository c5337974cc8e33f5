package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiExchange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Is an exchange without a proxy that notes what a script does to it. */
final class HandExchange implements StreamContext {
  private final HandLoop loop;
  final Headers request =
      Headers.of(
          ":method",
          "POST",
          ":scheme",
          "http",
          ":authority",
          "example.com",
          ":path",
          "/v1?x=1",
          "accept",
          "a",
          "accept",
          "b");
  final Headers response = Headers.of(":status", "200", "content-type", "text/plain");
  final Map<String, byte[]> attributes = new HashMap<>();

  /** What was done to it, in order. */
  final List<String> actions = new ArrayList<>();

  /** What its tasks have thrown. */
  final List<PluginException> failures = new ArrayList<>();

  boolean responding;
  @Nullable LocalResponse answer;
  @Nullable Headers requestTrailers;
  @Nullable Headers responseTrailers;
  @Nullable MemoryBody requestBody;
  @Nullable MemoryBody responseBody;

  HandExchange(HandLoop loop) {
    this.loop = loop;
    attributes.put("request.path", "/v1".getBytes(StandardCharsets.UTF_8));
    attributes.put("request.size", new byte[] {44, 1, 0, 0, 0, 0, 0, 0});
  }

  PluginException failure() {
    loop.until(() -> !failures.isEmpty());
    return failures.getFirst();
  }

  /** Turns the loop until the script has let the message go on, or fails with what it failed by. */
  void untilResumed(Direction direction) {
    untilDone("resume " + direction);
  }

  LocalResponse untilAnswered() {
    loop.until(() -> answer != null || !failures.isEmpty());
    var sent = answer;
    if (sent == null) {
      throw failures.getFirst();
    }
    return sent;
  }

  /** Turns the loop until an action was taken once more. */
  void untilDone(String action) {
    int before = seen;
    loop.until(() -> actions.lastIndexOf(action) >= before || !failures.isEmpty());
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    seen = actions.size();
  }

  private int seen;

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
  public @Nullable Headers responseHeaders() {
    return responding ? response : null;
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
  }

  @Override
  public void inject(Direction direction, byte[] data, boolean endOfStream) {
    actions.add("inject " + new String(data, StandardCharsets.UTF_8));
  }

  @Override
  public Headers addTrailers(Direction direction) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void resetStream() {
    actions.add("reset");
  }

  @Override
  public void setBufferLimit(Direction direction, long bytes) {
    actions.add("limit " + bytes);
  }

  @Override
  public void clearRouteCache() {
    actions.add("clear route cache");
  }

  @Override
  public Properties properties() {
    return new Properties() {
      @Override
      public byte @Nullable [] get(List<String> path) {
        return attributes.get(String.join(".", path));
      }

      @Override
      public boolean set(List<String> path, byte[] value) {
        attributes.put(String.join(".", path), value);
        return true;
      }
    };
  }

  @Override
  public @Nullable AiExchange ai() {
    return null;
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(
        () -> {
          try {
            task.run();
          } catch (PluginException e) {
            failures.add(e);
          }
        });
  }

  @Override
  public boolean isClosed() {
    return false;
  }
}
