package dev.sluice.benchmarks.internal;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.internal.h1.Http1Codec;
import dev.sluice.http.internal.net.Codec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/** Speaks HTTP/1.1 (RFC 9112) over kept-alive connections. */
final class Http1Conversation implements Conversation {
  private static final byte[] REQUEST =
      """
      GET /api/items?id=7 HTTP/1.1\r
      host: api.example.com\r
      user-agent: bench/1.0\r
      accept: */*\r
      \r
      """
          .getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] ANSWER =
      ("""
      HTTP/1.1 200 OK\r
      content-type: application/json\r
      content-length: %d\r
      server: upstream\r
      date: Mon, 23 Nov 2026 12:00:00 GMT\r
      \r
      """
                  .formatted(BODY.length())
              + BODY)
          .getBytes(StandardCharsets.ISO_8859_1);

  @Override
  public ProtocolChoice protocol() {
    return ProtocolChoice.HTTP_1_1;
  }

  @Override
  public Codec codec() {
    return new Http1Codec();
  }

  @Override
  public ByteBuf clientGreeting(ByteBufAllocator allocator) {
    return allocator.ioBuffer(0);
  }

  @Override
  public ByteBuf upstreamGreeting(ByteBufAllocator allocator) {
    return allocator.ioBuffer(0);
  }

  @Override
  public ByteBuf request(ByteBufAllocator allocator) {
    return allocator.ioBuffer(REQUEST.length).writeBytes(REQUEST);
  }

  @Override
  public void upstreamGot(ByteBuf octets) {}

  @Override
  public ByteBuf answer(ByteBufAllocator allocator) {
    return allocator.ioBuffer(ANSWER.length).writeBytes(ANSWER);
  }
}
