package dev.sluice.standin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestClient;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Holds many streams at a time; {@code -Dsluice.full=true} makes them twenty times as many. */
@ExtendWith(LeakCheck.class)
class StandInStreamsTest {
  private static final int STREAMS = Boolean.getBoolean("sluice.full") ? 10_000 : 500;
  private static final int WORDS = 20;

  @Test
  void streamsToThousandsAtATime() throws Exception {
    byte[] body =
        "{\"model\":\"m+words=20\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    Transport transport = Transport.create(1);
    try (var standIn = StandIn.start(StandInOptions.DEFAULT.every(Duration.ofMillis(50)));
        var client = new TestClient(transport, ProtocolChoice.HTTP_2, null)) {
      var exchanges = new ArrayList<Exchange>();
      for (int i = 0; i < STREAMS; i++) {
        exchanges.add(
            client.send(
                standIn.address(),
                TestClient.request(
                    "POST", "/v1/chat/completions", "content-type", "application/json"),
                false,
                exchange -> exchange.stream().sendData(Unpooled.wrappedBuffer(body), true)));
      }
      for (Exchange exchange : exchanges) {
        assertThat(exchange.complete().get(2, TimeUnit.MINUTES).text())
            .endsWith("data: [DONE]\n\n");
      }
      assertThat(standIn.books().complete())
          .isEqualTo(new Books.Sum(STREAMS, STREAMS, 0, (long) STREAMS * WORDS, 0));
    } finally {
      transport.close();
    }
  }
}
