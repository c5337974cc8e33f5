package dev.sluice.gateway.internal;

import static java.util.Objects.requireNonNull;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import dev.sluice.gateway.internal.RegistryCommand.Addresses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Is a gateway for one plugin under development, before an upstream that echoes. */
final class DevGateway implements AutoCloseable {
  static final String ROUTE = "dev";

  private final @Nullable EchoUpstream echo;
  private final Gateway gateway;

  /**
   * Starts a gateway.
   *
   * @param folder takes its configuration
   * @param upstream null for the echo
   */
  DevGateway(Path folder, InetSocketAddress listen, @Nullable InetSocketAddress upstream) {
    echo = upstream == null ? new EchoUpstream() : null;
    var behind = echo == null ? upstream : echo.address();
    try {
      var config = Files.writeString(folder.resolve("sluice.yaml"), config(listen, behind));
      gateway = Gateway.start(new GatewayOptions(config, Folders.cache()));
    } catch (IOException e) {
      close(echo);
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      close(echo);
      throw e;
    }
  }

  private static String config(InetSocketAddress listen, @Nullable InetSocketAddress behind) {
    var json = JsonMapper.shared().createObjectNode();
    json.putObject("admin").put("address", "127.0.0.1:0");
    json.putObject("accessLog");
    json.putObject("state").put("usage", "memory");
    // One loop: one copy of the plugin, whose variables keep what they were set to.
    json.put("threads", 1).put("drainTimeout", "1s");
    json.putArray("listeners").addObject().put("name", "web").put("address", text(listen));
    var upstream = json.putArray("upstreams").addObject().put("name", "upstream");
    upstream.putArray("endpoints").addObject().put("address", text(behind));
    var route = json.putArray("routes").addObject().put("name", ROUTE).put("upstream", "upstream");
    route.putObject("match").putObject("path").put("prefix", "/");
    return json.toPrettyString();
  }

  private static String text(@Nullable InetSocketAddress address) {
    return address == null ? "" : address.getHostString() + ":" + address.getPort();
  }

  /** Returns the url of its listener. */
  String web() {
    return "http://" + Addresses.text(requireNonNull(gateway.addresses().get("web")).getFirst());
  }

  /** Returns the url of its admin API. */
  String admin() {
    return "http://" + Addresses.text(gateway.adminAddress());
  }

  @Override
  public void close() {
    gateway.drain().join();
    gateway.close();
    close(echo);
  }

  private static void close(@Nullable EchoUpstream upstream) {
    if (upstream != null) {
      upstream.close();
    }
  }
}
