package dev.sluice.gateway.internal;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the gateway in the foreground. */
@Command(
    name = "run",
    description = "Runs the gateway in the foreground; SIGTERM drains and ends it.",
    mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {
  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "The configuration; changes of it are applied while it runs.")
  private Path config;

  /** Creates the command; called by picocli. */
  public RunCommand() {}

  @Override
  public Integer call() {
    try (var gateway =
        Gateway.start(new GatewayOptions(config, Folders.cache(), Folders.state()))) {
      Shutdown.onSignal(gateway);
      Output.say("ready");
      gateway.drainRequested().join();
      gateway.drain().join();
    }
    LogSetup.flush();
    return 0;
  }
}
