package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sends frames that do not fit the state of their stream (RFC 9113 section 5.1). */
@ExtendWith(LeakCheck.class)
class Http2StatesTest {
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int END_STREAM_AND_HEADERS = 5;
  private static final int STREAM_CLOSED = 5;

  /** GET http://x/ from HPACK's static table, with a literal authority. */
  private static final byte[] GET = {(byte) 0x82, (byte) 0x86, (byte) 0x84, 0x01, 0x01, (byte) 'x'};

  private final Transport transport = Transport.create(1);

  @AfterEach
  void stop() {
    transport.close();
  }

  private static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) 0)
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /** Reads frames up to the first of a type, and returns its payload. */
  private static ByteBuffer payload(RawClient client, int type) {
    while (true) {
      var head = ByteBuffer.wrap(client.read(9));
      int length = head.getInt(0) >>> 8;
      var payload = ByteBuffer.wrap(client.read(length));
      if (head.get(3) == type) {
        return payload;
      }
    }
  }

  @Test
  void headersAfterTheEndOfARequestThatIsBeingServed() {
    try (var upstream = TestUpstream.start(transport, exchange -> {});
        var client = new RawClient(upstream.address())) {
      client
          .send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
          .send(frame(SETTINGS, 0, 0))
          .send(frame(HEADERS, END_STREAM_AND_HEADERS, 1, GET));
      await().until(() -> upstream.exchanges().size() == 1);
      client.send(frame(HEADERS, END_STREAM_AND_HEADERS, 1, GET));
      assertThat(payload(client, RST_STREAM).getInt()).isEqualTo(STREAM_CLOSED);
      assertThat(upstream.exchanges()).hasSize(1);
      upstream.exchanges().element().reset().join();
    }
  }
}
