package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keeps many HTTP/2 streams open at once, each of which moves a byte now and then: 2,000 of them,
 * or 10,000 with {@code -Dsluice.full=true}, 100 on a connection.
 */
@ExtendWith(LeakCheck.class)
class ProtocolSlowStreamsTest {
  private static final int STREAMS = Boolean.getBoolean("sluice.full") ? 10_000 : 2_000;
  private static final int ON_A_CONNECTION = 100;
  private static final int ROUNDS = 20;

  /** What the gateway may take, all in all, for a stream with both its legs. */
  private static final int BYTES_OF_A_STREAM = 16 << 10;

  private final Transport others = Transport.create(1);
  @TempDir Path folder;

  @AfterEach
  void stop() {
    others.close();
  }

  private static String config(int upstream) {
    return """
    accessLog: {}
    threads: 2
    listeners: [{name: web, address: "127.0.0.1:0"}]
    upstreams: [{name: up, protocol: h2, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, upstream: up}]
    """
        .formatted(upstream);
  }

  @Test
  void allStayOpenAndEndIntact() {
    var pool =
        new PoolConfig(
            "gateway",
            ProtocolChoice.HTTP_2,
            null,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            ON_A_CONNECTION);
    try (var upstream = TestUpstream.echo(others, null);
        var gateway =
            GatewayProcess.start(
                folder, config(upstream.port()), "-Xmx256m", "-XX:MaxDirectMemorySize=256m");
        var client = new TestClient(others, pool)) {
      var address = gateway.address("web");
      warmUp(client, address);
      double before = memory(gateway);

      var streams = new ArrayList<Exchange>();
      for (int i = 0; i < STREAMS; i++) {
        streams.add(
            client.send(address, TestClient.request("POST", "/" + i), false, sending -> {}));
      }
      streams.forEach(s -> s.headers().orTimeout(60, TimeUnit.SECONDS).join());
      for (int round = 0; round < ROUNDS; round++) {
        int moved = round;
        client.onLoop(() -> sendOneByte(streams, moved));
        await()
            .atMost(60, TimeUnit.SECONDS)
            .until(() -> streams.stream().allMatch(s -> s.received() == moved + 1));
      }
      assertThat(streams).noneMatch(s -> s.complete().isDone());
      assertThat(client.connections(address)).isEqualTo(STREAMS / ON_A_CONNECTION);
      double during = memory(gateway);

      client.onLoop(() -> streams.forEach(s -> s.stream().sendData(Unpooled.EMPTY_BUFFER, true)));
      for (int i = 0; i < STREAMS; i++) {
        streams.get(i).complete().orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(streams.get(i).text()).isEqualTo(expected(i));
        assertThat(streams.get(i).headers().join().get("x-echo-path")).isEqualTo("/" + i);
      }
      double each = (during - before) / STREAMS;
      System.out.printf(
          Locale.ROOT,
          "%d streams: %.1f KiB of heap and direct memory each (%.1f MiB before, %.1f during, %.1f"
              + " after)%n",
          STREAMS,
          each / 1024,
          before / (1 << 20),
          during / (1 << 20),
          memory(gateway) / (1 << 20));
      assertThat(each).isLessThan(BYTES_OF_A_STREAM);
      assertThat(gateway.get("/readyz").statusCode()).as(gateway.log()).isEqualTo(200);
    }
  }

  private static void warmUp(TestClient client, InetSocketAddress address) {
    for (int i = 0; i < 10; i++) {
      client
          .send(address, TestClient.request("GET", "/"))
          .complete()
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
    }
  }

  /** Returns the live heap, after a collection, and the direct memory in use. */
  private static double memory(GatewayProcess gateway) {
    gateway.collectGarbage();
    return gateway.metric("jvm_memory_used_bytes", "area=\"heap\"")
        + gateway.metric("sluice_netty_direct_bytes", "");
  }

  private static byte octet(int stream, int round) {
    return (byte) ('a' + (stream * 7 + round * 11) % 26);
  }

  private static String expected(int stream) {
    var text = new byte[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      text[round] = octet(stream, round);
    }
    return new String(text, StandardCharsets.US_ASCII);
  }

  private static void sendOneByte(List<Exchange> streams, int round) {
    for (int i = 0; i < streams.size(); i++) {
      var data = Unpooled.wrappedBuffer(new byte[] {octet(i, round)});
      streams.get(i).stream().sendData(data, false);
    }
  }
}
