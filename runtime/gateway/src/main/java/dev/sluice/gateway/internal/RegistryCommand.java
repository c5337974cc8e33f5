package dev.sluice.gateway.internal;

import dev.sluice.registry.RegistryServer;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Groups the commands about registries. */
@Command(
    name = "registry",
    description = "A small registry for development.",
    mixinStandardHelpOptions = true,
    subcommands = RegistryCommand.Serve.class)
public final class RegistryCommand {
  /** Creates the command; called by picocli. */
  public RegistryCommand() {}

  /** Serves a registry in the foreground. */
  @Command(
      name = "serve",
      description = {
        "Serves an OCI registry over a folder: pull, push, tags, deletion, referrers. It passes the"
            + " conformance suite of the distribution specification.",
        "For a laptop and for tests: whoever reaches it may read, write and delete everything; no"
            + " authentication, no TLS, no quota, nothing is collected but what is deleted. For"
            + " others, run a registry that is made for it.",
        "Each repository is an OCI layout below the folder, so `oci-layout:` reads it too. Tools"
            + " that try TLS first (skopeo) wait ten seconds before they speak to it."
      },
      mixinStandardHelpOptions = true)
  public static final class Serve implements Callable<Integer> {
    @Option(names = "--dir", defaultValue = "registry", description = "Where artifacts are kept.")
    private Path dir;

    @Option(names = "--listen", defaultValue = "127.0.0.1:5000", paramLabel = "ADDRESS")
    private String listen;

    /** Creates the command; called by picocli. */
    public Serve() {}

    @Override
    public Integer call() throws InterruptedException {
      try (var server = RegistryServer.start(dir, Addresses.parse(listen))) {
        Output.say("registry at " + Addresses.text(server.address()) + ", folder " + dir);
        Output.say("ready");
        new CountDownLatch(1).await();
      }
      return 0;
    }
  }

  /** Reads and shows addresses. */
  static final class Addresses {
    private Addresses() {}

    static InetSocketAddress parse(String text) {
      int colon = text.lastIndexOf(':');
      try {
        return new InetSocketAddress(
            text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new CommandFailure("address \"" + text + "\" (expected: host:port)", e);
      }
    }

    static String text(InetSocketAddress address) {
      return address.getAddress().getHostAddress() + ":" + address.getPort();
    }
  }
}
