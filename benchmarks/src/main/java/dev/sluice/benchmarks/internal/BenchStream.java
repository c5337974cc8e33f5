package dev.sluice.benchmarks.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiExchange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is an exchange without a proxy: what an engine's own cost is measured on. Belongs to the thread
 * that turns its loop.
 */
public final class BenchStream implements StreamContext {
  private final BenchLoop loop;
  private final @Nullable Body requestBody;
  private final Headers asked;
  private final Headers request;
  private final Headers answer =
      Headers.of(":status", "200", "content-type", "application/json", "content-length", "128");
  private final Headers response = answer.copy();
  private final Body body =
      new Bytes("{\"item\": 7, \"name\": \"x\"}\n".repeat(41).getBytes(UTF_8));
  private boolean requestResumed;
  private boolean responseResumed;
  private @Nullable LocalResponse refusal;

  private BenchStream(BenchLoop loop, Headers asked, @Nullable Body requestBody) {
    this.loop = loop;
    this.asked = asked;
    this.requestBody = requestBody;
    request = asked.copy();
  }

  /** Returns an exchange without a request body. */
  public static BenchStream get(BenchLoop loop) {
    return new BenchStream(
        loop,
        Headers.of(
            ":method", "GET",
            ":scheme", "http",
            ":authority", "api.example.com",
            ":path", "/api/items?id=7",
            "user-agent", "bench/1.0",
            "accept", "*/*"),
        null);
  }

  /** Returns an exchange whose request carries a body of JSON. */
  public static BenchStream post(BenchLoop loop, String json) {
    var octets = json.getBytes(UTF_8);
    return new BenchStream(
        loop,
        Headers.of(
            ":method", "POST",
            ":scheme", "http",
            ":authority", "api.example.com",
            ":path", "/v1/chat/completions",
            "content-type", "application/json",
            "content-length", Integer.toString(octets.length)),
        new Bytes(octets));
  }

  /** Takes back what a plugin did to it. */
  public void reset() {
    request.setAll(asked);
    response.setAll(answer);
    requestResumed = false;
    responseResumed = false;
    refusal = null;
  }

  /** Waits until a filter that held a message lets it go on. */
  public void await(FilterStatus status, Direction direction) {
    if (status != FilterStatus.CONTINUE) {
      loop.until(() -> goesOn(direction));
      resumed(direction, false);
    }
  }

  /** Returns whether a filter has resumed a message, or answered in its place. */
  public boolean goesOn(Direction direction) {
    return (direction == Direction.REQUEST ? requestResumed : responseResumed) || refusal != null;
  }

  /** Returns the answer of a plugin in place of the upstream's. */
  public @Nullable LocalResponse refusal() {
    return refusal;
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
    return null;
  }

  @Override
  public Headers responseHeaders() {
    return response;
  }

  @Override
  public @Nullable Headers responseTrailers() {
    return null;
  }

  @Override
  public @Nullable Body body(Direction direction) {
    return direction == Direction.RESPONSE ? body : requestBody;
  }

  @Override
  public Properties properties() {
    return NO_PROPERTIES;
  }

  @Override
  public @Nullable AiExchange ai() {
    return null;
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public void resume(Direction direction) {
    resumed(direction, true);
  }

  private void resumed(Direction direction, boolean now) {
    if (direction == Direction.REQUEST) {
      requestResumed = now;
    } else {
      responseResumed = now;
    }
  }

  @Override
  public void sendLocalResponse(LocalResponse response) {
    refusal = response;
  }

  @Override
  public void inject(Direction direction, byte[] data, boolean endOfStream) {
    throw unexpected();
  }

  @Override
  public Headers addTrailers(Direction direction) {
    throw unexpected();
  }

  @Override
  public void resetStream() {
    throw unexpected();
  }

  @Override
  public void setBufferLimit(Direction direction, long bytes) {}

  @Override
  public void clearRouteCache() {
    throw unexpected();
  }

  private static UnsupportedOperationException unexpected() {
    return new UnsupportedOperationException("the benched guests do not call this");
  }

  static final Properties NO_PROPERTIES =
      new Properties() {
        @Override
        public byte @Nullable [] get(List<String> path) {
          return null;
        }

        @Override
        public boolean set(List<String> path, byte[] value) {
          return false;
        }
      };

  private record Bytes(byte[] bytes) implements Body {
    @Override
    public int length() {
      return bytes.length;
    }

    @Override
    public void copyTo(int offset, byte[] target, int targetOffset, int length) {
      System.arraycopy(bytes, offset, target, targetOffset, length);
    }

    @Override
    public void replace(int offset, int length, byte[] replacement) {
      throw unexpected();
    }
  }
}
