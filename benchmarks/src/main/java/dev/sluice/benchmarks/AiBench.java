package dev.sluice.benchmarks;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiReply;
import dev.sluice.ai.AiRequestReader;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what reading LLM calls costs by itself: a chat request of 4 KiB up to the request for a
 * provider, and an answer of 200 events, each read, and written again where the provider speaks
 * another format.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class AiBench {
  static final int EVENTS = 200;

  /** What the provider speaks: {@code openai}, as the client does, or {@code anthropic}. */
  @Param({"openai", "anthropic"})
  public String provider;

  private final Headers headers = Headers.of("content-type", "application/json");
  private AiEndpoint endpoint;
  private byte[] request;
  private byte[][] events;
  private AiCall call;
  private ProviderRequest asked;

  /** Makes the request and the events of the answer. */
  @Setup
  public void build() {
    endpoint = AiEndpoint.of("POST", "/v1/chat/completions", headers).orElseThrow();
    // What Anthropic has no word for is not in it.
    request = ChatBench.chat().getBytes(StandardCharsets.UTF_8);
    call = read();
    asked = sent(call);
    events = new byte[EVENTS][];
    for (int i = 0; i < EVENTS; i++) {
      events[i] = event(i).getBytes(StandardCharsets.UTF_8);
    }
  }

  private String event(int number) {
    if (provider.equals("anthropic")) {
      return switch (number) {
        case 0 ->
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\","
                + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],"
                + "\"usage\":{\"input_tokens\":900,\"output_tokens\":1}}}\n\n";
        case 1 ->
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
        case EVENTS - 2 ->
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
                + "\"end_turn\"},\"usage\":{\"output_tokens\":196}}\n\n";
        case EVENTS - 1 -> "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        default ->
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                + "\"delta\":{\"type\":\"text_delta\",\"text\":\"word"
                + number
                + " \"}}\n\n";
      };
    }
    return number == EVENTS - 1
        ? "data: [DONE]\n\n"
        : "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
            + "\"model\":\"gpt-4o\",\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,"
            + "\"delta\":{\"content\":\"word"
            + number
            + " \"},\"logprobs\":null,\"finish_reason\":"
            + (number == EVENTS - 2 ? "\"stop\"" : "null")
            + "}]}\n\n";
  }

  private AiCall read() {
    var reader = new AiRequestReader(endpoint, headers, AiLimits.DEFAULT);
    reader.feed(request, 0, request.length);
    return reader.finish();
  }

  private ProviderRequest sent(AiCall from) {
    var format = provider.equals("anthropic") ? AiFormat.ANTHROPIC : AiFormat.OPENAI;
    return from.forProvider(from.protocolAt(format), "model");
  }

  /** Reads the request and writes the provider's. */
  @Benchmark
  public ProviderRequest request() {
    return sent(read());
  }

  /** Takes the answer through, event by event. */
  @Benchmark
  public int stream() {
    var reply = new AiReply(call, asked, 200, "text/event-stream", AiLimits.DEFAULT);
    int octets = 0;
    for (var event : events) {
      reply.feed(event, 0, event.length);
      while (reply.next() != null) {
        // A plugin would look at it.
      }
      octets += reply.take().length;
    }
    reply.end();
    while (reply.next() != null) {
      // The end may bring events too.
    }
    octets += reply.take().length;
    if (!reply.complete()) {
      throw new IllegalStateException("the answer is not whole");
    }
    return octets;
  }
}
