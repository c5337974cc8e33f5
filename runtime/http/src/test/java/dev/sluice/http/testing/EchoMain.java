package dev.sluice.http.testing;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.ServerTls;
import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Serves by hand-run tools (h2spec, h2load): echoes, or relays to an upstream.
 *
 * <p>Arguments: port, then {@code echo}, {@code hello} or {@code relay PORT h1|h2}, then for TLS
 * the files of a certificate and its key.
 */
public final class EchoMain {
  private EchoMain() {}

  /** Runs until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    var transport = Transport.create(1);
    boolean relay = args[1].equals("relay");
    int files = relay ? 4 : 2;
    var tls =
        args.length > files
            ? new ServerTls(
                List.of(new KeyPairFiles(Path.of(args[files]), Path.of(args[files + 1]))), null)
            : null;
    ServerHandler handler =
        switch (args[1]) {
          case "echo" -> TestUpstream.Echo::new;
          case "hello" ->
              response ->
                  new Exchange() {
                    @Override
                    public void onHeaders(dev.sluice.plugin.Headers received, boolean end) {
                      super.onHeaders(received, end);
                      respond(200, "hello\n");
                    }
                  }.stream(response);
          default ->
              new Relay(
                  transport,
                  new PoolConfig(
                      "upstream",
                      args[3].equals("h2") ? ProtocolChoice.HTTP_2 : ProtocolChoice.HTTP_1_1,
                      null,
                      Duration.ofSeconds(5),
                      Duration.ofSeconds(60),
                      100),
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(args[2])));
        };
    transport.bind(
        new ListenerConfig(
            "main",
            List.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]))),
            tls,
            Timeouts.DEFAULT,
            ConnectionLimits.DEFAULT),
        handler);
    System.err.println("ready");
    Thread.currentThread().join();
  }
}
