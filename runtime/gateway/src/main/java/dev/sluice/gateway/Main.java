package dev.sluice.gateway;

import dev.sluice.control.ConfigException;
import dev.sluice.gateway.internal.AdminCommand;
import dev.sluice.gateway.internal.BenchCommand;
import dev.sluice.gateway.internal.CommandFailure;
import dev.sluice.gateway.internal.DemoCommand;
import dev.sluice.gateway.internal.PluginCommand;
import dev.sluice.gateway.internal.RegistryCommand;
import dev.sluice.gateway.internal.RunCommand;
import dev.sluice.gateway.internal.StandInCommand;
import dev.sluice.gateway.internal.ValidateCommand;
import dev.sluice.gateway.internal.Version;
import dev.sluice.registry.RegistryException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Is the entry point of {@code sluice}. Exits with 0, 1 (failed) or 2 (usage); data goes to the
 * standard output, everything else to the standard error.
 */
@Command(
    name = "sluice",
    description = "An AI gateway with sandboxed, hot-swapped plugins.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      RunCommand.class,
      DemoCommand.class,
      ValidateCommand.class,
      PluginCommand.class,
      RegistryCommand.class,
      StandInCommand.class,
      AdminCommand.class,
      BenchCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main implements Runnable {
  /** Creates the command; called by picocli. */
  public Main() {}

  /** Runs the command line and ends the process. */
  public static void main(String[] arguments) {
    int exit = commandLine().execute(arguments);
    System.out.flush();
    System.exit(exit);
  }

  /** Returns the command line, for tests too. */
  public static CommandLine commandLine() {
    var line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof ConfigException
              || failure instanceof RegistryException
              || failure instanceof CommandFailure) {
            command.getErr().println(failure.getMessage());
          } else {
            failure.printStackTrace(command.getErr());
          }
          return 1;
        });
    return line;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(commandLine(), "a command is missing");
  }
}
