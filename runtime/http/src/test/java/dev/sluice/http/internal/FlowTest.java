package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds back readers and looks at what the writers could get rid of. */
@ExtendWith(LeakCheck.class)
class FlowTest {
  private static final long BIG = 64L << 20;

  /** More than windows, queues and socket buffers of two hops hold, less than the whole. */
  private static final long BOUND = 24L << 20;

  private final Transport transport = Transport.create(2);

  @AfterEach
  void stop() {
    transport.close();
  }

  private InetSocketAddress relay(ProtocolChoice up, InetSocketAddress to) {
    return RelayTest.relay(transport, up, to).addresses().getFirst();
  }

  private static Headers ok() {
    return Headers.of(":status", "200");
  }

  /** Counts and forgets. */
  private static class Counting extends Exchange {
    @Override
    protected void keep(ByteBuf data) {}
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void aDownloadWaitsForASlowReader(ProtocolChoice down, ProtocolChoice up) {
    var sending = new CopyOnWriteArrayList<Exchange>();
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  sending.add(exchange);
                  exchange.stream().sendHeaders(ok(), false);
                  exchange.sendPattern(BIG, null);
                });
        var client = new TestClient(transport, down, null)) {
      var reader = new Counting();
      reader.consuming(false);
      client.send(
          relay(up, upstream.address()), TestClient.request("GET", "/"), true, sent -> {}, reader);
      awaitStandstill(() -> sending.isEmpty() ? -1 : sending.getFirst().sent());
      assertThat(sending.getFirst().sent()).isLessThan(BOUND);
      client.onLoop(() -> reader.consuming(true));
      reader.closed().orTimeout(30, TimeUnit.SECONDS).join();
      assertThat(reader.received()).isEqualTo(BIG);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void anUploadWaitsForASlowReader(ProtocolChoice down, ProtocolChoice up) {
    var receiving = new CopyOnWriteArrayList<Exchange>();
    try (var upstream = slowUpstream(receiving);
        var client = new TestClient(transport, down, null)) {
      var sender =
          client.send(
              relay(up, upstream.address()),
              TestClient.request("POST", "/"),
              false,
              exchange -> exchange.sendPattern(BIG, null));
      awaitStandstill(() -> receiving.isEmpty() ? -1 : sender.sent());
      assertThat(sender.sent()).isLessThan(BOUND);
      var reader = receiving.getFirst();
      reader.stream().loop().execute(() -> reader.consuming(true));
      reader.complete().orTimeout(30, TimeUnit.SECONDS).join();
      assertThat(reader.received()).isEqualTo(BIG);
      reader.stream().loop().execute(() -> reader.respond(200, "done"));
      sender.closed().orTimeout(30, TimeUnit.SECONDS).join();
      assertThat(sender.text()).isEqualTo("done");
    }
  }

  private TestUpstream slowUpstream(CopyOnWriteArrayList<Exchange> receiving) {
    return TestUpstream.start(
        transport,
        exchange -> {
          exchange.consuming(false);
          receiving.add(exchange);
        });
  }

  /** Waits until a counter does not move any more. */
  private static void awaitStandstill(java.util.function.LongSupplier counter) {
    var last = new long[] {-2};
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(300))
        .until(
            () -> {
              long now = counter.getAsLong();
              boolean still = now > 0 && now == last[0];
              last[0] = now;
              return still;
            });
  }

  @Test
  void aSlowTcpReaderIsFelt() {
    var sending = new CopyOnWriteArrayList<Exchange>();
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  sending.add(exchange);
                  exchange.stream().sendHeaders(ok(), false);
                  exchange.sendPattern(BIG, null);
                });
        var client = new RawClient(upstream.address())) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      awaitStandstill(() -> sending.isEmpty() ? -1 : sending.getFirst().sent());
      assertThat(sending.getFirst().sent()).isLessThan(BOUND);
    }
    sending.getFirst().closed().join();
    assertThat(sending.getFirst().reset()).isCompleted();
    assertThat(sending.getFirst().closedCount()).isEqualTo(1);
  }

  @Test
  void slowStreamsDoNotStopTheirNeighbours() {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  exchange.stream().sendHeaders(ok(), false);
                  exchange.sendPattern(2L << 20, null);
                });
        var client = new TestClient(transport, ProtocolChoice.HTTP_2, null)) {
      var slow = new ArrayList<Exchange>();
      // Together they hold five times the connection window.
      for (int i = 0; i < 20; i++) {
        var exchange = new Counting();
        exchange.consuming(false);
        slow.add(exchange);
        client.send(upstream.address(), TestClient.request("GET", "/"), true, sent -> {}, exchange);
      }
      for (var exchange : slow) {
        await().until(() -> exchange.received() == 256 << 10);
      }
      var quick =
          client.send(
              upstream.address(), TestClient.request("GET", "/"), true, sent -> {}, new Counting());
      quick.closed().orTimeout(20, TimeUnit.SECONDS).join();
      assertThat(quick.received()).isEqualTo(2L << 20);
      assertThat(client.connections(upstream.address())).isEqualTo(1);
      client.onLoop(() -> slow.forEach(exchange -> exchange.consuming(true)));
      slow.forEach(exchange -> exchange.closed().orTimeout(20, TimeUnit.SECONDS).join());
    }
  }

  @Test
  void aPausedReadStillNoticesAClientThatLeaves() throws Exception {
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.consuming(false))) {
      try (var client = new RawClient(upstream.address())) {
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
        client.send(new byte[600_000]);
        await()
            .until(
                () ->
                    !upstream.exchanges().isEmpty()
                        && upstream.exchanges().element().received() >= 192 << 10);
        // A FIN behind bytes that nobody reads may be the end of a complete request; a RST is none.
        client.socket().setSoLinger(true, 0);
      }
      var exchange = upstream.exchanges().element();
      assertThat(exchange.reset().orTimeout(10, TimeUnit.SECONDS).join())
          .isEqualTo(StreamError.CONNECTION_LOST);
      exchange.closed().join();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ProtocolChoice.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void aClientThatLeavesCancelsTheUpstream(ProtocolChoice up) {
    try (var upstream =
        TestUpstream.start(
            transport,
            exchange -> {
              exchange.stream().sendHeaders(ok(), false);
              exchange.stream().sendData(Unpooled.wrappedBuffer(new byte[10]), false);
            })) {
      try (var client = new RawClient(relay(up, upstream.address()))) {
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        client.readHead();
      }
      await().until(() -> !upstream.exchanges().isEmpty());
      var exchange = upstream.exchanges().element();
      exchange.reset().orTimeout(10, TimeUnit.SECONDS).join();
      exchange.closed().join();
      assertThat(exchange.closedCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void anEarlyResponseArrivesBeforeTheRequestIsComplete(ProtocolChoice down, ProtocolChoice up) {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  exchange.respond(413, "too much");
                  exchange.stream().reset(StreamError.NO_ERROR);
                });
        var client = new TestClient(transport, down, null)) {
      var exchange =
          client.send(
              relay(up, upstream.address()),
              TestClient.request("POST", "/", "content-length", "100000000"),
              false,
              sending -> sending.sendPattern(100_000_000, null));
      assertThat(exchange.headers().orTimeout(10, TimeUnit.SECONDS).join().status()).isEqualTo(413);
      exchange.complete().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(exchange.text()).isEqualTo("too much");
      exchange.closed().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(exchange.closedCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void informationalResponsesPass(ProtocolChoice down, ProtocolChoice up) {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  exchange.stream().sendInformational(Headers.of(":status", "100"));
                  exchange.complete().thenAccept(all -> all.respond(200, all.text()));
                });
        var client = new TestClient(transport, down, null)) {
      var exchange =
          client.send(
              relay(up, upstream.address()),
              TestClient.request("POST", "/", "expect", "100-continue", "content-length", "2"),
              false,
              sending -> {});
      await().until(() -> !exchange.informational().isEmpty());
      client.onLoop(
          () -> exchange.stream().sendData(Unpooled.wrappedBuffer(new byte[] {'h', 'i'}), true));
      exchange.closed().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(exchange.text()).isEqualTo("hi");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void eventsPassOneByOne(ProtocolChoice down, ProtocolChoice up) {
    var sending = new CopyOnWriteArrayList<Exchange>();
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  exchange.stream().sendHeaders(ok(), false);
                  sending.add(exchange);
                });
        var client = new TestClient(transport, down, null)) {
      var exchange = client.send(relay(up, upstream.address()), TestClient.request("GET", "/"));
      exchange.headers().orTimeout(10, TimeUnit.SECONDS).join();
      var source = sending.getFirst().stream();
      for (int i = 1; i <= 5; i++) {
        boolean end = i == 5;
        source.loop().execute(() -> source.sendData(Unpooled.wrappedBuffer(new byte[] {'x'}), end));
        int expected = i;
        await().until(() -> exchange.received() == expected);
      }
      exchange.closed().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }
}
