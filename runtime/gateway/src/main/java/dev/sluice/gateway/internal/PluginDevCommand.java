package dev.sluice.gateway.internal;

import dev.sluice.gateway.internal.RegistryCommand.Addresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Keeps a plugin under development running. */
@Command(
    name = "dev",
    description = {
      "Builds a plugin and serves it, again whenever a file of it changes, until Ctrl-C.",
      "Starts a gateway with an upstream that echoes requests, or uses a running one (--admin).",
      "DIR/dev.yaml may hold fields of the plugin's entry, such as pluginConfig."
    },
    mixinStandardHelpOptions = true)
public final class PluginDevCommand implements Callable<Integer> {
  private static final int TOKEN_BYTES = 16;

  @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", defaultValue = ".")
  private Path dir;

  @Option(
      names = "--admin",
      paramLabel = "URL",
      description =
          "The admin API of a running gateway on this machine; the token is that of"
              + " SLUICE_ADMIN_TOKEN. A plugin that it does not have is attached to all routes.")
  private @Nullable String admin;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS",
      description = "Where the gateway listens that this starts; 127.0.0.1:8080, or a free port.")
  private @Nullable String listen;

  @Option(
      names = "--upstream",
      paramLabel = "ADDRESS",
      description = "What is behind the gateway that this starts, in place of the echo.")
  private @Nullable String upstream;

  @Option(
      names = "--inspect",
      paramLabel = "PORT",
      arity = "0..1",
      fallbackValue = "9229",
      description =
          "Lets Chrome DevTools step through a JavaScript plugin, on this port of loopback;"
              + " ${FALLBACK-VALUE} by default.")
  private @Nullable Integer inspect;

  /** Creates the command; called by picocli. */
  public PluginDevCommand() {}

  @Override
  public Integer call() throws IOException {
    var folder = Files.createTempDirectory("sluice-dev-");
    if (admin != null) {
      if (inspect != null || listen != null || upstream != null) {
        throw new CommandFailure(
            "--inspect, --listen and --upstream are for the gateway that this command starts"
                + " (expected: without --admin)");
      }
      var fields = JsonMapper.shared().createObjectNode().put("global", true);
      var client = new AdminClient(admin, System.getenv("SLUICE_ADMIN_TOKEN"));
      var session = new DevSession(dir, folder, client, granted(fields));
      serve(session, folder, session::restore);
      return 0;
    }
    if (inspect != null) {
      startInspector(inspect);
    }
    var gateway = new DevGateway(folder, listen(), address(upstream));
    var fields = JsonMapper.shared().createObjectNode();
    fields.putArray("routes").add(DevGateway.ROUTE);
    var client = new AdminClient(gateway.admin(), "");
    var session = new DevSession(dir, folder, client, granted(fields));
    Output.say(session.name() + " at " + gateway.web() + ", admin API at " + gateway.admin());
    serve(session, folder, gateway::close);
    return 0;
  }

  /** What an author runs on the own machine may have what it asks for, and take its time. */
  private ObjectNode granted(ObjectNode fields) {
    fields.put("grants", "requested").put("trusted", true);
    var limits = fields.putObject("limits").put("startTime", "2m");
    if (inspect != null) {
      // Stepping takes no processor time, but what waits for a break point at the start does wait.
      limits.put("startTime", "1h").put("callTime", "1m");
    }
    return fields;
  }

  private static void serve(DevSession session, Path folder, Runnable end) {
    var worker = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("sluice-dev-end")
                .unstarted(
                    () -> {
                      session.close();
                      worker.interrupt();
                      end.run();
                      Folders.delete(folder);
                      LogSetup.flush();
                      // A signal would end the JVM with 128 and its number.
                      Runtime.getRuntime().halt(0);
                    }));
    Output.say("watching " + session.name() + "; Ctrl-C ends");
    session.run();
  }

  private static @Nullable InetSocketAddress address(@Nullable String text) {
    return text == null ? null : Addresses.parse(text);
  }

  /** Returns where to listen: the usual port, or any when something else has it. */
  private InetSocketAddress listen() {
    if (listen != null) {
      return Addresses.parse(listen);
    }
    var usual = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080);
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(usual);
      return usual;
    } catch (IOException e) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
  }

  /** The path is a secret: pages in the user's browser reach loopback too. */
  private static void startInspector(int port) {
    if (port < 1 || port > 65_535) {
      throw new CommandFailure("--inspect: " + port + " (expected: a port, 1..65535)");
    }
    var token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    var path = HexFormat.of().formatHex(token);
    System.setProperty("sluice.inspect.port", Integer.toString(port));
    System.setProperty("sluice.inspect.path", path);
    Output.say(
        "step through it in Chrome: devtools://devtools/bundled/js_app.html?ws=127.0.0.1:%d/%s"
            .formatted(port, path));
  }
}
