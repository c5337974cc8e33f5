package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replaces a plugin and reloads the configuration again and again while requests run. Every
 * response shows which upstream and which plugin configuration it came through; both are of one
 * parity in every configuration, so that a request which saw half of two shows it. With {@code
 * -Dsluice.full=true} there are 100 replacements and 100 reloads, else 20 of each; every tenth is
 * invalid.
 */
class SwapSoakTest {
  private static final int ROUNDS = Boolean.getBoolean("sluice.full") ? 100 : 20;
  private static final int WORKERS = 4;

  private final Transport transport = Transport.create(2);
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger sent = new AtomicInteger();
  private int parity;
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private static String config(int parity, String url, String value, int even, int odd) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 2
    upstreams:
      - {name: u0, endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: u1, endpoints: [{address: "127.0.0.1:%d"}]}
    routes: [{name: r, upstream: u%d, plugins: [hello]}]
    plugins: [{name: hello, url: "%s", pluginConfig: {header: x-plugin, value: "%s"}}]
    """
        .formatted(even, odd, parity, url, value);
  }

  private static String entry(String url, String value) {
    return "{name: hello, url: \"%s\", pluginConfig: {header: x-plugin, value: \"%s\"}}"
        .formatted(url, value);
  }

  private void load(SwapGateway gateway, AtomicBoolean stop) {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (!stop.get()) {
        var request = HttpRequest.newBuilder(gateway.web("/")).timeout(SwapGateway.PATIENCE);
        check(client.send(request.build(), BodyHandlers.ofString()));
        sent.incrementAndGet();
      }
    } catch (IOException | RuntimeException e) {
      wrong.add(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void check(HttpResponse<String> response) {
    var plugin = response.headers().firstValue("x-plugin").orElse("no plugin");
    if (response.statusCode() != 200 || plugin.charAt(0) != response.body().charAt(0)) {
      wrong.add(response.statusCode() + " " + plugin + " " + response.body());
    }
  }

  @Test
  void replacementsAndReloadsFailNoRequestAndLeaveNothingBehind() throws Exception {
    byte[] guest = SwapGateway.headerGuest();
    try (var even = TestUpstream.start(transport, exchange -> exchange.respond(200, "0"));
        var odd = TestUpstream.start(transport, exchange -> exchange.respond(200, "1"));
        var gateway =
            SwapGateway.start(
                folder,
                config(0, "file:" + first(guest, folder), "0-start", even.port(), odd.port()))) {
      var stop = new AtomicBoolean();
      var workers = new ArrayList<Thread>();
      for (int i = 0; i < WORKERS; i++) {
        workers.add(Thread.ofPlatform().start(() -> load(gateway, stop)));
      }
      // A first round of everything, so that what is compared afterwards is warm.
      rounds(gateway, guest, 0, 10, even, odd);
      var before = Footprint.take();
      long began = System.nanoTime();
      int requests = sent.get();
      rounds(gateway, guest, 10, ROUNDS + 10, even, odd);
      long seconds = Math.max(1, (System.nanoTime() - began) / 1_000_000_000);
      requests = sent.get() - requests;
      stop.set(true);
      for (var worker : workers) {
        worker.join();
      }
      assertThat(wrong).isEmpty();
      await()
          .atMost(SwapGateway.PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(gateway.metric("sluice_plugin_generations", "")).isEqualTo(1);
                assertThat(gateway.metric("sluice_plugin_vms", "")).isEqualTo(2);
                before.assertNotGrown(Footprint.take());
              });
      System.out.printf(
          "%d replacements, %d reloads: %d requests, %d/s; before %s, after %s%n",
          ROUNDS, ROUNDS, requests, requests / seconds, before, Footprint.take());
    }
  }

  private static Path first(byte[] guest, Path folder) throws IOException {
    return java.nio.file.Files.write(folder.resolve("guest.wasm"), guest);
  }

  private void rounds(
      SwapGateway gateway, byte[] guest, int from, int to, TestUpstream even, TestUpstream odd) {
    for (int i = from; i < to; i++) {
      boolean invalid = i % 10 == 9;
      var bytes = SwapGateway.relabelled(guest, i);
      var url = gateway.module("g.wasm", invalid ? java.util.Arrays.copyOf(bytes, 900) : bytes);
      var replaced = gateway.admin("PUT", "/plugins/hello", entry(url, parity + "-put-" + i));
      assertThat(replaced.statusCode()).as(replaced.body()).isEqualTo(invalid ? 422 : 200);

      var good = gateway.module("g" + i % 3 + ".wasm", SwapGateway.relabelled(guest, 1000 + i));
      int next = invalid ? parity : 1 - parity;
      var value = next + "-file-" + i;
      var config =
          config(next, good, value, even.port(), odd.port()) + (invalid ? "nonsense: 1\n" : "");
      if (i % 2 == 0) {
        var answer = gateway.putConfig(config);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      } else {
        double rejected = gateway.metric("sluice_config_reloads_total", "failure");
        gateway.replaceFile(config);
        if (invalid) {
          await()
              .atMost(SwapGateway.PATIENCE)
              .until(() -> gateway.metric("sluice_config_reloads_total", "failure") > rejected);
        } else {
          await()
              .atMost(SwapGateway.PATIENCE)
              .until(() -> gateway.admin("GET", "/config", "").body().contains(value));
        }
      }
      parity = next;
      even.exchanges().clear(); // they keep what came
      odd.exchanges().clear();
    }
  }

  /** Is what a process holds after a collection. */
  private record Footprint(int classes, long metaspace, long heap, long direct) {
    static Footprint take() {
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      var pools = ManagementFactory.getMemoryPoolMXBeans();
      long metaspace =
          pools.stream()
              .filter(pool -> pool.getName().equals("Metaspace"))
              .mapToLong(pool -> pool.getUsage().getUsed())
              .sum();
      long direct =
          ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
              .mapToLong(BufferPoolMXBean::getMemoryUsed)
              .sum();
      return new Footprint(
          ManagementFactory.getClassLoadingMXBean().getLoadedClassCount(),
          metaspace,
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          direct);
    }

    /** One generation more or less may be there; what all of them need may not. */
    void assertNotGrown(Footprint after) {
      assertThat(after.classes).isLessThan(classes + 300);
      assertThat(after.metaspace).isLessThan(metaspace + (8 << 20));
      assertThat(after.heap).isLessThan(heap + (16 << 20));
      assertThat(after.direct).isLessThan(direct + (16 << 20));
    }

    @Override
    public String toString() {
      return "%d classes, metaspace %.1f MiB, heap %.1f MiB, direct %.1f MiB"
          .formatted(classes, metaspace / 1048576.0, heap / 1048576.0, direct / 1048576.0);
    }
  }
}
