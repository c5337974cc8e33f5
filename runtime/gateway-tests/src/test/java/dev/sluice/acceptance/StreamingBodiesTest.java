package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sends bodies much larger than the memory that the gateway may have, 32 MiB of it direct, through
 * every pair of protocols. With {@code -Dsluice.full=true} a body has 1 GiB, else 64 MiB.
 */
class StreamingBodiesTest {
  private static final boolean FULL = Boolean.getBoolean("sluice.full");
  private static final long SIZE = FULL ? 1L << 30 : 64L << 20;
  private static final String[] FLAGS = {
    "-Xmx256m", "-XX:MaxDirectMemorySize=32m", "-Dio.netty.leakDetection.level=paranoid"
  };

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** Compares what comes with the pattern, and keeps nothing. */
  private static class Verifying extends Exchange {
    private final AtomicLong wrong = new AtomicLong();
    private long rest;

    Verifying(long size) {
      rest = size;
    }

    @Override
    protected void keep(ByteBuf data) {
      // One copy: the leak detector notes every access to the buffer itself.
      var octets = new byte[data.readableBytes()];
      data.getBytes(data.readerIndex(), octets);
      for (byte octet : octets) {
        if (octet != pattern(rest--)) {
          wrong.incrementAndGet();
        }
      }
    }

    void verify(long size) {
      assertThat(received()).isEqualTo(size);
      assertThat(wrong.get()).isZero();
    }
  }

  /** Gives bytes back in small portions, by a clock. */
  private static class Slow extends Verifying {
    private long owed;
    private boolean ticking;

    Slow(long size) {
      super(size);
      consuming(false);
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      owed += data.readableBytes();
      if (!ticking) {
        ticking = true;
        tick();
      }
      super.onData(data, end);
    }

    private void tick() {
      int portion = (int) Math.min(owed, 48 << 10);
      owed -= portion;
      if (portion > 0) {
        stream().consumed(portion);
      }
      if (!closed().isDone()) {
        stream().loop().schedule(this::tick, 1, TimeUnit.MILLISECONDS);
      }
    }
  }

  private HttpServer upstream(boolean slow) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var config =
        new ListenerConfig(
            "test", List.of(address), null, Timeouts.DEFAULT, ConnectionLimits.DEFAULT);
    return transport.bind(config, response -> (slow ? slowSink() : new Sink()).stream(response));
  }

  /** Takes an upload and says what it was, or sends a download. */
  private static final class Sink extends Verifying {
    Sink() {
      super(SIZE);
    }

    @Override
    public void onHeaders(Headers received, boolean end) {
      super.onHeaders(received, end);
      answer(this, received);
    }
  }

  private static Exchange slowSink() {
    return new Slow(SIZE) {
      @Override
      public void onHeaders(Headers received, boolean end) {
        super.onHeaders(received, end);
        answer(this, received);
      }
    };
  }

  private static void answer(Verifying exchange, Headers request) {
    if ("GET".equals(request.get(":method"))) {
      exchange.stream().sendHeaders(Headers.of(":status", "200"), false);
      exchange.sendPattern(SIZE, null);
    } else {
      exchange
          .complete()
          .thenAccept(
              done ->
                  exchange.respond(200, exchange.received() + " octets, wrong " + exchange.wrong));
    }
  }

  private GatewayProcess gateway(ProtocolChoice up, int port) {
    return GatewayProcess.start(
        folder,
        """
        listeners: [{name: web, address: "127.0.0.1:0"}]
        upstreams: [{name: u, protocol: %s, endpoints: [{address: "127.0.0.1:%d"}]}]
        routes: [{name: r, upstream: u}]
        threads: 1
        """
            .formatted(up == ProtocolChoice.HTTP_2 ? "h2" : "http/1.1", port),
        FLAGS);
  }

  @ParameterizedTest
  @CsvSource({"HTTP_1_1,HTTP_1_1", "HTTP_2,HTTP_1_1", "HTTP_1_1,HTTP_2", "HTTP_2,HTTP_2"})
  void largeBodiesPassUnchangedInLittleMemory(ProtocolChoice down, ProtocolChoice up) {
    var server = upstream(false);
    try (var gateway = gateway(up, server.addresses().getFirst().getPort());
        var client = new TestClient(transport, down, null)) {
      download(gateway, client, new Verifying(SIZE));
      upload(gateway, client);
      report(gateway, down + " to " + up);
    } finally {
      server.drain(Duration.ZERO);
    }
  }

  @ParameterizedTest
  @CsvSource({"HTTP_1_1,HTTP_1_1", "HTTP_2,HTTP_2"})
  void slowReadersMakeTheWriterWaitAndNotTheGatewayGrow(ProtocolChoice down, ProtocolChoice up) {
    var server = upstream(true);
    try (var gateway = gateway(up, server.addresses().getFirst().getPort());
        var client = new TestClient(transport, down, null)) {
      download(gateway, client, new Slow(SIZE));
      upload(gateway, client);
      report(gateway, down + " to " + up + ", slow");
    } finally {
      server.drain(Duration.ZERO);
    }
  }

  private void download(GatewayProcess gateway, TestClient client, Verifying reader) {
    client.send(gateway.address("web"), TestClient.request("GET", "/"), true, sent -> {}, reader);
    await(gateway, reader);
    reader.verify(SIZE);
  }

  private void upload(GatewayProcess gateway, TestClient client) {
    var answer =
        client.send(
            gateway.address("web"),
            TestClient.request("POST", "/", "content-length", Long.toString(SIZE)),
            false,
            request -> request.sendPattern(SIZE, null));
    await(gateway, answer);
    assertThat(answer.text()).isEqualTo(SIZE + " octets, wrong 0");
  }

  /** Waits for the end and watches the gateway's memory while it does. */
  private void await(GatewayProcess gateway, Exchange exchange) {
    while (!exchange.complete().isDone()) {
      assertThat(gateway.metric("sluice_netty_direct_bytes", "")).isLessThan(24 << 20);
      exchange.complete().copy().completeOnTimeout(exchange, 250, TimeUnit.MILLISECONDS).join();
    }
  }

  private static void report(GatewayProcess gateway, String pair) {
    assertThat(gateway.log()).doesNotContain("LEAK", "OutOfMemory", "ERROR");
    System.out.printf(
        "%s: 2 x %d MiB; direct memory %.1f MiB at the end, process at most %d MiB%n",
        pair,
        SIZE >> 20,
        gateway.metric("sluice_netty_direct_bytes", "") / (1 << 20),
        gateway.peakResident() >> 20);
  }
}
