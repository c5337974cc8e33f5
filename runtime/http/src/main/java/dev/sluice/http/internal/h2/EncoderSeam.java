package dev.sluice.http.internal.h2;

import dev.sluice.http.internal.hpack.HpackEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;

/**
 * Tells our encoder what the peer's SETTINGS allow. Header blocks do not come through here: {@link
 * FrameOut} writes them.
 */
final class EncoderSeam implements Http2HeadersEncoder, Http2HeadersEncoder.Configuration {
  private final HpackEncoder encoder;
  private long maxListSize = Long.MAX_VALUE;

  EncoderSeam(HpackEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  public void encodeHeaders(int streamId, Http2Headers headers, ByteBuf buffer) {
    throw new UnsupportedOperationException("header blocks are written by FrameOut");
  }

  @Override
  public Configuration configuration() {
    return this;
  }

  @Override
  public void maxHeaderTableSize(long max) {
    encoder.capacity(max);
  }

  @Override
  public long maxHeaderTableSize() {
    return encoder.capacity();
  }

  @Override
  public void maxHeaderListSize(long max) {
    maxListSize = max;
  }

  @Override
  public long maxHeaderListSize() {
    return maxListSize;
  }
}
