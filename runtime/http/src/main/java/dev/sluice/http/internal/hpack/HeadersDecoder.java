package dev.sluice.http.internal.hpack;

import static io.netty.handler.codec.http2.Http2Error.COMPRESSION_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;

import dev.sluice.http.internal.net.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersDecoder;

/**
 * Is our decoder in the place of Netty's. What it returns is a carrier that Netty hands through to
 * the frame listener; the fields are in its {@link HeaderList}.
 */
public final class HeadersDecoder
    implements Http2HeadersDecoder, Http2HeadersDecoder.Configuration {
  private static final int TABLE_SIZE = 4096;

  private final Loop loop;
  private final HpackDecoder decoder;
  private final Carrier carrier;
  private long maxListSize;
  private long maxBlockSize;

  /** Creates the decoder of a connection with the limits of one message. */
  public HeadersDecoder(Loop loop, int maxOctets, int maxFields) {
    this.loop = loop;
    this.decoder = new HpackDecoder(loop.names(), TABLE_SIZE);
    this.carrier = new Carrier(new HeaderList(maxOctets, maxFields));
    this.maxListSize = maxOctets;
    this.maxBlockSize = maxListSize + (maxListSize >> 2);
  }

  @Override
  public Http2Headers decodeHeaders(int streamId, ByteBuf block) throws Http2Exception {
    int length = block.readableBytes();
    var scratch = loop.scratch(length);
    block.readBytes(scratch, 0, length);
    carrier.list.reset();
    try {
      decoder.decode(scratch, length, carrier.list);
    } catch (HpackException e) {
      throw connectionError(COMPRESSION_ERROR, e, "stream %d: %s", streamId, e.getMessage());
    }
    return carrier;
  }

  @Override
  public Configuration configuration() {
    return this;
  }

  @Override
  public void maxHeaderTableSize(long max) {
    // What SETTINGS announced once and for all.
  }

  @Override
  public long maxHeaderTableSize() {
    return TABLE_SIZE;
  }

  @Override
  public void maxHeaderListSize(long max, long goAwayMax) {
    maxListSize = max;
    maxBlockSize = goAwayMax;
  }

  @Override
  public long maxHeaderListSize() {
    return maxListSize;
  }

  @Override
  public long maxHeaderListSizeGoAway() {
    return maxBlockSize;
  }
}
