package dev.sluice.benchmarks.internal;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.internal.h2.Http2Codec;
import dev.sluice.http.internal.net.Codec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * Speaks HTTP/2 (RFC 9113) by prior knowledge. The first header block of each direction puts its
 * fields into the dynamic table (RFC 7541 section 2.3.2), the others refer to them, as browsers and
 * servers do.
 */
final class Http2Conversation implements Conversation {
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int WINDOW_UPDATE = 8;
  private static final int DATA = 0;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int ACK = 1;
  private static final int FRAME_HEADER = 9;

  /** Answers after which the client returns their octets to the connection's window. */
  private static final int ANSWERS_OF_A_WINDOW = 100;

  private static final int FIRST_DYNAMIC_INDEX = 62;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] DATA_OF_ANSWER = BODY.getBytes(StandardCharsets.ISO_8859_1);

  private int requests;
  private int firstUpstreamStream;

  @Override
  public ProtocolChoice protocol() {
    return ProtocolChoice.HTTP_2;
  }

  @Override
  public Codec codec() {
    return new Http2Codec();
  }

  @Override
  public ByteBuf clientGreeting(ByteBufAllocator allocator) {
    ByteBuf out = allocator.ioBuffer();
    out.writeBytes(PREFACE);
    frame(out, 0, SETTINGS, 0, 0);
    frame(out, 0, SETTINGS, ACK, 0);
    return out;
  }

  @Override
  public ByteBuf upstreamGreeting(ByteBufAllocator allocator) {
    ByteBuf out = allocator.ioBuffer();
    frame(out, 0, SETTINGS, 0, 0);
    frame(out, 0, SETTINGS, ACK, 0);
    return out;
  }

  @Override
  public ByteBuf request(ByteBufAllocator allocator) {
    ByteBuf out = allocator.ioBuffer();
    if (requests % ANSWERS_OF_A_WINDOW == ANSWERS_OF_A_WINDOW - 1) {
      frame(out, Integer.BYTES, WINDOW_UPDATE, 0, 0);
      out.writeInt(ANSWERS_OF_A_WINDOW * DATA_OF_ANSWER.length);
    }
    int start = out.writerIndex();
    frame(out, 0, HEADERS, END_HEADERS | END_STREAM, 2 * requests + 1);
    out.writeByte(0x82).writeByte(0x86); // :method GET, :scheme http
    if (requests == 0) {
      literal(out, 4, "/api/items?id=7"); // :path
      literal(out, 1, "api.example.com"); // :authority
      literal(out, 58, "bench/1.0"); // user-agent
      literal(out, 19, "*/*"); // accept
    } else {
      fromDynamicTable(out, 4);
    }
    out.setMedium(start, out.writerIndex() - start - FRAME_HEADER);
    requests++;
    return out;
  }

  /** Finds out with which stream the gateway began; it is free to begin with any odd one. */
  @Override
  public void upstreamGot(ByteBuf octets) {
    int at = octets.readerIndex() + PREFACE.length;
    while (octets.getByte(at + 3) != HEADERS) {
      at += FRAME_HEADER + octets.getMedium(at);
    }
    firstUpstreamStream = octets.getInt(at + 5);
  }

  @Override
  public ByteBuf answer(ByteBufAllocator allocator) {
    ByteBuf out = allocator.ioBuffer();
    int stream = firstUpstreamStream + 2 * (requests - 1);
    frame(out, 0, HEADERS, END_HEADERS, stream);
    out.writeByte(0x88); // :status 200
    if (requests == 1) {
      literal(out, 31, "application/json"); // content-type
      literal(out, 28, Integer.toString(DATA_OF_ANSWER.length)); // content-length
      literal(out, 54, "upstream"); // server
      literal(out, 33, "Mon, 23 Nov 2026 12:00:00 GMT"); // date
    } else {
      fromDynamicTable(out, 4);
    }
    out.setMedium(0, out.writerIndex() - FRAME_HEADER);
    frame(out, DATA_OF_ANSWER.length, DATA, END_STREAM, stream);
    out.writeBytes(DATA_OF_ANSWER);
    return out;
  }

  private static void frame(ByteBuf out, int length, int type, int flags, int stream) {
    out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
  }

  /** Writes a literal field with incremental indexing and an indexed name (RFC 7541 6.2.1). */
  private static void literal(ByteBuf out, int name, String value) {
    out.writeByte(0x40 | name).writeByte(value.length());
    out.writeCharSequence(value, StandardCharsets.ISO_8859_1);
  }

  /** Writes the fields that the first block put into the table, in their order. */
  private static void fromDynamicTable(ByteBuf out, int fields) {
    for (int i = fields - 1; i >= 0; i--) {
      out.writeByte(0x80 | (FIRST_DYNAMIC_INDEX + i));
    }
  }
}
