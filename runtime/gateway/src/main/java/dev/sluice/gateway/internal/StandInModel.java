package dev.sluice.gateway.internal;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.StreamError;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Stands in for a provider of models: answers OpenAI chat completions, plain and streamed word by
 * word, with the same text each time. For the demo; it has no model.
 */
final class StandInModel implements AutoCloseable {
  private static final String TEXT =
      "I may not say much, but between us: the launch of Project Bluebird is on Friday.";
  private static final long WORD_MILLIS = 30;
  private static final int MAX_BODY = 4 << 20;

  private final Transport transport = Transport.create(1);
  private final HttpServer server;

  StandInModel() {
    server =
        transport.bind(
            new ListenerConfig(
                "model",
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                null,
                Timeouts.DEFAULT,
                ConnectionLimits.DEFAULT),
            Call::new);
  }

  InetSocketAddress address() {
    return server.addresses().getFirst();
  }

  @Override
  public void close() {
    transport.close();
  }

  /** Answers one request. Belongs to its loop. */
  private static final class Call implements HttpStreamHandler {
    private final HttpStream response;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean gone;

    Call(HttpStream response) {
      this.response = response;
    }

    @Override
    public void onHeaders(Headers request, boolean end) {
      if (end) {
        answer();
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      int length = data.readableBytes();
      if (body.size() + length <= MAX_BODY) {
        body.writeBytes(ByteBufUtil.getBytes(data));
      }
      data.release();
      response.consumed(length);
      if (end) {
        answer();
      }
    }

    @Override
    public void onTrailers(Headers trailers) {
      answer();
    }

    @Override
    public void onReset(StreamError error, String detail) {
      gone = true;
    }

    private void answer() {
      JsonNode request;
      try {
        request = JsonMapper.shared().readTree(body.toByteArray());
      } catch (JacksonException e) {
        request = JsonMapper.shared().createObjectNode();
      }
      var model = request.path("model").asString("stand-in");
      if (request.path("stream").asBoolean(false)) {
        response.sendHeaders(
            Headers.of(":status", "200", "content-type", "text/event-stream"), false);
        stream(model, TEXT.split("(?<= )", -1), 0);
      } else {
        var completion = completion(model, "chat.completion");
        var choice = completion.putArray("choices").addObject();
        choice.put("index", 0);
        choice.putObject("message").put("role", "assistant").put("content", TEXT);
        choice.put("finish_reason", "stop");
        usage(completion);
        var bytes = completion.toString().getBytes(StandardCharsets.UTF_8);
        response.sendHeaders(
            Headers.of(
                ":status", "200",
                "content-type", "application/json",
                "content-length", String.valueOf(bytes.length)),
            false);
        response.sendData(Unpooled.wrappedBuffer(bytes), true);
      }
    }

    private void stream(String model, String[] words, int next) {
      if (gone) {
        return;
      }
      var chunk = completion(model, "chat.completion.chunk");
      var choice = chunk.putArray("choices").addObject();
      choice.put("index", 0);
      if (next < words.length) {
        choice.putObject("delta").put("content", words[next]);
        choice.putNull("finish_reason");
        send(chunk.toString(), false);
        response
            .loop()
            .schedule(() -> stream(model, words, next + 1), WORD_MILLIS, TimeUnit.MILLISECONDS);
      } else {
        choice.putObject("delta");
        choice.put("finish_reason", "stop");
        usage(chunk);
        send(chunk.toString(), false);
        send("[DONE]", true);
      }
    }

    private void send(String event, boolean last) {
      var bytes = ("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8);
      response.sendData(Unpooled.wrappedBuffer(bytes), last);
    }

    private static ObjectNode completion(String model, String object) {
      return JsonMapper.shared()
          .createObjectNode()
          .put("id", "chatcmpl-demo")
          .put("object", object)
          .put("created", 1_700_000_000)
          .put("model", model);
    }

    private static void usage(ObjectNode completion) {
      completion
          .putObject("usage")
          .put("prompt_tokens", 9)
          .put("completion_tokens", 17)
          .put("total_tokens", 26);
    }
  }
}
