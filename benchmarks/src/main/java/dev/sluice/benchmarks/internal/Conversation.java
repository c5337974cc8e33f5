package dev.sluice.benchmarks.internal;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.internal.net.Codec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Plays both peers of a gateway, octet for octet: a client that sends one small GET after another,
 * and an upstream that answers each with 128 octets of JSON.
 */
public interface Conversation {
  /** The body of every answer. */
  String BODY = "{\"items\":[\"" + "x".repeat(114) + "\"]}";

  /** Returns the conversation in a protocol: {@code h1} or {@code h2}. */
  static Conversation of(String protocol) {
    return switch (protocol) {
      case "h1" -> new Http1Conversation();
      case "h2" -> new Http2Conversation();
      default ->
          throw new IllegalArgumentException("protocol: \"" + protocol + "\" (expected: h1, h2)");
    };
  }

  /** Returns what to speak to the upstream. */
  ProtocolChoice protocol();

  /** Makes a codec for the gateway's side. */
  Codec codec();

  /** Returns what the client sends before its first request; may be empty. */
  ByteBuf clientGreeting(ByteBufAllocator allocator);

  /** Returns what the upstream sends before its first answer; may be empty. */
  ByteBuf upstreamGreeting(ByteBufAllocator allocator);

  /** Returns the next request. */
  ByteBuf request(ByteBufAllocator allocator);

  /** Looks at what the upstream got up to the end of its first request. */
  void upstreamGot(ByteBuf octets);

  /** Returns the answer to the last request. */
  ByteBuf answer(ByteBufAllocator allocator);
}
