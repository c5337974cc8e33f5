package dev.sluice.testkit;

import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.testkit.internal.Answers;
import dev.sluice.testkit.internal.MemoryRedis;
import dev.sluice.testkit.internal.MemoryStream;
import dev.sluice.testkit.internal.TestLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is a call of the plugin to an upstream, by HTTP, gRPC or Redis, which the test answers. One that
 * is not answered ends when the plugin's own timeout has passed ({@link PluginTestkit#advance}).
 */
public final class TestCallout {
  private final PluginTestkit kit;
  private final TestLoop loop;
  private final String upstream;
  private final @Nullable MemoryStream stream;
  private final MemoryRedis.@Nullable Command command;
  private boolean answered;

  TestCallout(
      PluginTestkit kit,
      TestLoop loop,
      String upstream,
      @Nullable MemoryStream stream,
      MemoryRedis.@Nullable Command command) {
    this.kit = kit;
    this.loop = loop;
    this.upstream = upstream;
    this.stream = stream;
    this.command = command;
  }

  /** Returns the upstream that is called. */
  public String upstream() {
    return upstream;
  }

  /** Returns the request of an HTTP or gRPC call as far as it came; nothing for Redis. */
  public TestMessage request() {
    return stream == null ? TestMessage.NOTHING : stream.sent();
  }

  /** Returns the words of a Redis command; none for others. */
  public List<String> command() {
    return command == null ? List.of() : command.words();
  }

  /** Returns whether it is a gRPC call. */
  public boolean isGrpc() {
    var type = request().header("content-type");
    return type != null && type.startsWith("application/grpc");
  }

  /** Returns the messages of a gRPC request. */
  public List<byte[]> grpcMessages() {
    return Answers.grpcMessages(request().bytes());
  }

  /** Returns whether the test answered it, or it ended otherwise. */
  public boolean isOver() {
    return answered || (stream != null && stream.isClosed());
  }

  /** Answers an HTTP call with a text. */
  public void respond(int status, String body, String... fields) {
    respond(Answers.headers(status, fields), List.of(body.getBytes(StandardCharsets.UTF_8)), null);
  }

  /**
   * Answers an HTTP call.
   *
   * @param headers {@code :status} first
   * @param chunks the body, in pieces
   * @param trailers or null
   */
  public void respond(Headers headers, List<byte[]> chunks, @Nullable Headers trailers) {
    answer(
        () -> {
          var to = requireStream();
          var body = chunks.stream().filter(chunk -> chunk.length > 0).toList();
          to.receiveHeaders(headers, body.isEmpty() && trailers == null);
          for (int i = 0; i < body.size(); i++) {
            to.receiveData(body.get(i), i == body.size() - 1 && trailers == null);
          }
          if (trailers != null) {
            to.receiveTrailers(trailers);
          }
        });
  }

  /** Answers a gRPC call with messages and a status. */
  public void respondGrpc(int status, String statusMessage, byte[]... messages) {
    var trailers = Headers.of("grpc-status", Integer.toString(status));
    if (!statusMessage.isEmpty()) {
      trailers.add("grpc-message", statusMessage);
    }
    var frames = new ArrayList<byte[]>();
    for (var message : messages) {
      frames.add(Answers.grpcFrame(message));
    }
    respond(Answers.headers(200, "content-type", "application/grpc"), frames, trailers);
  }

  /**
   * Answers a Redis command.
   *
   * @param value a text, a number, null, a list of these, or an exception, whose message is the
   *     error of the server
   */
  public void reply(@Nullable Object value) {
    answer(() -> requireCommand().reply(Answers.resp(value)));
  }

  /** Breaks the call off: the upstream is unavailable. */
  public void fail() {
    answer(
        () -> {
          if (command != null) {
            command.fail("the test broke it off");
          } else {
            requireStream().receiveReset(StreamError.CONNECTION_LOST, "the test broke it off");
          }
        });
  }

  private void answer(Runnable how) {
    if (answered) {
      throw new IllegalStateException(this + " was answered before");
    }
    answered = true;
    loop.call(
        () -> {
          how.run();
          return true;
        });
    kit.settle();
  }

  private MemoryStream requireStream() {
    if (stream == null) {
      throw new IllegalStateException(this + " is a Redis command (expected: HTTP or gRPC)");
    }
    return stream;
  }

  private MemoryRedis.Command requireCommand() {
    if (command == null) {
      throw new IllegalStateException(this + " is no Redis command");
    }
    return command;
  }

  @Override
  public String toString() {
    if (command != null) {
      return upstream + ": " + String.join(" ", command.words());
    }
    var headers = request().headers();
    return headers == null
        ? upstream
        : upstream + ": " + headers.get(":method", "") + " " + headers.get(":path", "");
  }
}
